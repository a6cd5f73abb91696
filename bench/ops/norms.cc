// Norm, residual, and both together.
#include <algorithm>
#include <cmath>

#include "bench/cases/buffered_case.h"
#include "bench/ops/ops.h"
#include "engine/parallel/column_parts.h"

namespace flm::bench {
namespace {

/// 1 / root mean square of a row, in double.
template <class At>
double inverse_rms(std::int64_t n, const At& at) {
  double squares = 0;
  for (std::int64_t i = 0; i < n; ++i) squares += at(i) * at(i);
  return 1 / std::sqrt(squares / static_cast<double>(n) + static_cast<double>(kNormEpsilon));
}

/// Columns `part` of rows [rows, width], each normed whole.
class NormCase : public BufferedCase {
 protected:
  NormCase(const Backend& backend, int copies, std::int64_t rows, std::int64_t width, Range part)
      : BufferedCase(copies),
        backend_(backend),
        rows_(rows),
        width_(width),
        part_(part),
        x_(add_input(rows * width, 1)),
        weight_(add_input(width, 1)),
        out_(add_output(rows * part.size())) {}

  std::span<const float> weight(int copy) {
    return {buffer(copy, weight_), static_cast<std::size_t>(width_)};
  }
  /// A sum of squares of one sign keeps its relative error below sqrt(n) eps.
  void verify(int copy, int, Errors& errors) override {
    const double tolerance = 4 * kEpsilon * std::sqrt(static_cast<double>(width_));
    for (std::int64_t r : sampled(rows_, kRowsChecked)) {
      const float* x = buffer(copy, x_) + r * width_;
      const double inverse =
          inverse_rms(width_, [&](std::int64_t i) { return static_cast<double>(x[i]); });
      for (std::int64_t i = part_.begin; i < part_.end; ++i) {
        const double want =
            static_cast<double>(x[i]) * inverse * static_cast<double>(buffer(copy, weight_)[i]);
        errors.add(buffer(copy, out_)[r * part_.size() + i - part_.begin], want,
                   tolerance * (std::abs(want) + 1e-3));
      }
    }
  }

  const Backend& backend_;
  std::int64_t rows_, width_;
  Range part_;
  int x_, weight_, out_;
};

class RmsNormCase : public NormCase {
 public:
  RmsNormCase(const Backend& backend, int copies, std::int64_t rows, std::int64_t width)
      : NormCase(backend, copies, rows, width, {0, width}) {}
  void call(int copy) override {
    backend_.rms_norm(buffer(copy, x_), rows_, weight(copy), kNormEpsilon, buffer(copy, out_));
  }
};

/// The norm of whole rows of which one rank's columns alone are written: of queries and keys where
/// all heads are normed together.
class NormColumnsCase : public NormCase {
 public:
  NormColumnsCase(const Backend& backend, int copies, std::int64_t rows, std::int64_t width,
                  int ranks)
      : NormCase(backend, copies, rows, width, part_of(width, ranks / 2, ranks)) {}
  void call(int copy) override {
    backend_.norm_columns(buffer(copy, x_), width_, rows_, part_, {weight(copy), kNormEpsilon},
                          buffer(copy, out_), part_.size());
  }
};

/// x += scale * delta, and with `norm` the norm of the sum behind it.
class ResidualCase : public BufferedCase {
 public:
  ResidualCase(const Backend& backend, int copies, std::int64_t rows, std::int64_t width, bool norm)
      : BufferedCase(copies),
        backend_(backend),
        rows_(rows),
        width_(width),
        norm_(norm),
        x_(add_in_place(rows * width, 1)),
        delta_(add_input(rows * width, 1)),
        weight_(add_input(width, 1)),
        out_(norm ? add_output(rows * width) : x_) {}
  void call(int copy) override {
    backend_.add_residual(buffer(copy, x_), buffer(copy, delta_), kResidualScale, rows_ * width_);
    if (norm_)
      backend_.rms_norm(buffer(copy, x_), rows_,
                        {buffer(copy, weight_), static_cast<std::size_t>(width_)}, kNormEpsilon,
                        buffer(copy, out_));
  }

 protected:
  /// After n runs x has grown by n scaled deltas, each addition rounded once.
  void verify(int copy, int runs, Errors& errors) override {
    std::vector<double> sum(static_cast<std::size_t>(width_));
    const double n = runs, spread = kEpsilon * (2 + n);
    for (std::int64_t r : sampled(rows_, kRowsChecked)) {
      double most = 0;
      for (std::int64_t i = 0; i < width_; ++i) {
        const std::int64_t at = r * width_ + i;
        sum[static_cast<std::size_t>(i)] =
            static_cast<double>(drawn(copy, x_, at)) +
            n * static_cast<double>(kResidualScale) * static_cast<double>(buffer(copy, delta_)[at]);
        most = std::max(most, std::abs(sum[static_cast<std::size_t>(i)]));
        errors.add(buffer(copy, x_)[at], sum[static_cast<std::size_t>(i)],
                   spread * (std::abs(sum[static_cast<std::size_t>(i)]) + 4));
      }
      if (norm_) verify_norm(copy, r, sum, spread * (most + 4), errors);
    }
  }

 private:
  void verify_norm(int copy, std::int64_t r, const std::vector<double>& sum, double spread,
                   Errors& errors) {
    const double inverse =
        inverse_rms(width_, [&](std::int64_t i) { return sum[static_cast<std::size_t>(i)]; });
    const double relative = 4 * kEpsilon * std::sqrt(static_cast<double>(width_));
    for (std::int64_t i = 0; i < width_; ++i) {
      const double weight = static_cast<double>(buffer(copy, weight_)[i]);
      const double want = sum[static_cast<std::size_t>(i)] * inverse * weight;
      errors.add(buffer(copy, out_)[r * width_ + i], want,
                 relative * (std::abs(want) + 1e-3) + 2 * spread * inverse * std::abs(weight));
    }
  }

  const Backend& backend_;
  std::int64_t rows_, width_;
  bool norm_;
  int x_, delta_, weight_, out_;
};

}  // namespace

void add_norm_rows(const ModelShape& s, int threads, std::vector<Row>& rows) {
  const double h = static_cast<double>(s.hidden);
  for (std::int64_t tokens : kRowTokens) {
    const double t = static_cast<double>(tokens);
    const RowAdder add{s, threads, tokens, rows};
    add("rmsnorm", {4 * t * h, 4 * (t * h + h), 4 * t * h}, 8 * t * h,
        maker<RmsNormCase>(tokens, s.hidden));
    add("add_residual", {2 * t * h, 8 * t * h, 4 * t * h}, 8 * t * h,
        maker<ResidualCase>(tokens, s.hidden, false));
    add("add_rmsnorm", {5 * t * h, 4 * (2 * t * h + h), 8 * t * h}, 12 * t * h,
        maker<ResidualCase>(tokens, s.hidden, true));
    if (s.tensor_parallel == 1) continue;  // there norm_heads takes whole rows
    const double q = static_cast<double>(s.q() * s.tensor_parallel),
                 part = static_cast<double>(s.q());
    add("norm_columns", {2 * t * (q + part), 4 * (t * q + part), 4 * t * part}, 4 * t * (q + part),
        maker<NormColumnsCase>(tokens, s.q() * s.tensor_parallel, s.tensor_parallel));
  }
}

}  // namespace flm::bench
