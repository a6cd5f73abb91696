// Operations on one row at a time: norm, residual, rope, SiLU, embedding, softmax statistics.
#include <algorithm>
#include <cmath>

#include "bench/buffered_case.h"
#include "bench/ops/ops.h"
#include "bench/ops/weights.h"

namespace flm::bench {
namespace {

constexpr double kEpsilon = 0x1p-23;
constexpr std::int64_t kRowsChecked = 64;
constexpr float kNormEpsilon = 1e-5f, kResidualScale = 0.25f, kRopeBase = 10000;

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// 1 / root mean square of a row, in double.
template <class At>
double inverse_rms(std::int64_t n, const At& at) {
  double squares = 0;
  for (std::int64_t i = 0; i < n; ++i) squares += at(i) * at(i);
  return 1 / std::sqrt(squares / static_cast<double>(n) + static_cast<double>(kNormEpsilon));
}

class RmsNormCase : public BufferedCase {
 public:
  RmsNormCase(const Backend& backend, int copies, std::int64_t rows, std::int64_t width)
      : BufferedCase(copies),
        backend_(backend),
        rows_(rows),
        width_(width),
        x_(add_input(rows * width, 1)),
        weight_(add_input(width, 1)),
        out_(add_output(rows * width)) {}
  void call(int copy) override {
    backend_.rms_norm(buffer(copy, x_), rows_,
                      {buffer(copy, weight_), static_cast<std::size_t>(width_)}, kNormEpsilon,
                      buffer(copy, out_));
  }

 protected:
  /// A sum of squares of one sign keeps its relative error below sqrt(n) eps.
  void verify(int copy, int, Errors& errors) override {
    const double tolerance = 4 * kEpsilon * std::sqrt(static_cast<double>(width_));
    for (std::int64_t r : sampled(rows_, kRowsChecked)) {
      const float* x = buffer(copy, x_) + r * width_;
      const double inverse =
          inverse_rms(width_, [&](std::int64_t i) { return static_cast<double>(x[i]); });
      for (std::int64_t i = 0; i < width_; ++i) {
        const double want =
            static_cast<double>(x[i]) * inverse * static_cast<double>(buffer(copy, weight_)[i]);
        errors.add(buffer(copy, out_)[r * width_ + i], want, tolerance * (std::abs(want) + 1e-3));
      }
    }
  }

 private:
  const Backend& backend_;
  std::int64_t rows_, width_;
  int x_, weight_, out_;
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

/// Rows at positions 0 .. rows-1, heads of q and k beside each other.
class RopeCase : public BufferedCase {
 public:
  RopeCase(const Backend& backend, int copies, std::int64_t rows, std::int64_t heads,
           std::int64_t head_dim)
      : BufferedCase(copies),
        backend_(backend),
        rows_(rows),
        heads_(heads),
        half_(head_dim / 2),
        x_(add_in_place(rows * heads * head_dim, 1)) {
    for (std::int64_t i = 0; i < half_; ++i)
      frequencies_.push_back(
          std::pow(kRopeBase, -static_cast<double>(i) / static_cast<double>(half_)));
    table_ = backend.rope_table(frequencies_, 1, rows);
    batch_.segments.push_back({0, 0, static_cast<std::int32_t>(rows)});
    for (std::int32_t r = 0; r < static_cast<std::int32_t>(rows); ++r) {
      batch_.ids.push_back(0);
      batch_.positions.push_back(r);
      batch_.slots.push_back(r);
      batch_.path_begin.push_back(0);
      batch_.path_count.push_back(1);
    }
    backend.begin(batch_);
  }
  void call(int copy) override {
    backend_.rope(buffer(copy, x_), heads_ * 2 * half_, static_cast<int>(heads_), batch_.positions,
                  table_);
  }

 protected:
  /// n runs turn by n times the angle; cos and sin of the table are off by half an ulp each time.
  void verify(int copy, int runs, Errors& errors) override {
    const double n = runs, tolerance = kEpsilon * (4 + 2 * n);
    for (std::int64_t r : sampled(rows_, kRowsChecked))
      for (std::int64_t head = 0; head < heads_; ++head)
        for (std::int64_t i = 0; i < half_; ++i) {
          const std::int64_t at = (r * heads_ + head) * 2 * half_ + i;
          const double angle =
              n * static_cast<double>(r) * frequencies_[static_cast<std::size_t>(i)];
          const double a = drawn(copy, x_, at), b = drawn(copy, x_, at + half_);
          const double length = std::hypot(a, b);
          errors.add(buffer(copy, x_)[at], a * std::cos(angle) - b * std::sin(angle),
                     tolerance * length);
          errors.add(buffer(copy, x_)[at + half_], b * std::cos(angle) + a * std::sin(angle),
                     tolerance * length);
        }
  }

 private:
  const Backend& backend_;
  std::int64_t rows_, heads_, half_;
  std::vector<double> frequencies_;
  RopeTable table_;
  PackedBatch batch_;
  int x_;
};

class SiluCase : public BufferedCase {
 public:
  SiluCase(const Backend& backend, int copies, std::int64_t rows, std::int64_t width)
      : BufferedCase(copies),
        backend_(backend),
        rows_(rows),
        width_(width),
        x_(add_input(rows * 2 * width, 2)),
        out_(add_output(rows * width)) {}
  void call(int copy) override {
    backend_.silu_mul(buffer(copy, x_), rows_, width_, buffer(copy, out_));
  }

 protected:
  void verify(int copy, int, Errors& errors) override {
    for (std::int64_t r : sampled(rows_, kRowsChecked))
      for (std::int64_t i = 0; i < width_; ++i) {
        const double gate = buffer(copy, x_)[r * 2 * width_ + i];
        const double up = buffer(copy, x_)[r * 2 * width_ + width_ + i];
        const double want = gate * sigmoid(gate) * up;
        errors.add(buffer(copy, out_)[r * width_ + i], want,
                   16 * kEpsilon * std::abs(want) + 1e-30);
      }
  }

 private:
  const Backend& backend_;
  std::int64_t rows_, width_;
  int x_, out_;
};

/// Uniform ids into a table of fp32 rows; each run takes other rows of the table.
class EmbeddingCase : public BufferedCase {
 public:
  EmbeddingCase(const Backend& backend, int copies, std::int64_t rows, std::int64_t width,
                std::int64_t vocabulary)
      : BufferedCase(copies),
        backend_(backend),
        rows_(static_cast<std::size_t>(rows)),
        width_(width),
        vocabulary_(vocabulary),
        table_(add_input(vocabulary * width, 1)),
        out_(add_output(rows * width)) {
    for (std::int64_t i = 0; i < std::max(rows, vocabulary / rows * rows); ++i)
      ids_.push_back(static_cast<std::int32_t>((i * 7919 + 13) * 104729 % vocabulary));
  }
  void call(int copy) override {
    begin_ = begin_ + 2 * rows_ > ids_.size() ? 0 : begin_ + rows_;
    const TensorView view{
        DType::kF32, {vocabulary_, width_}, reinterpret_cast<const std::byte*>(host(copy, table_))};
    backend_.embed(view, ids(), kResidualScale, buffer(copy, out_));
  }

 protected:
  void verify(int copy, int, Errors& errors) override {
    for (std::int64_t r : sampled(static_cast<std::int64_t>(rows_), kRowsChecked)) {
      const std::int64_t id = ids()[static_cast<std::size_t>(r)];
      for (std::int64_t i = 0; i < width_; ++i) {
        const double want = static_cast<double>(buffer(copy, table_)[id * width_ + i]) *
                            static_cast<double>(kResidualScale);
        errors.add(buffer(copy, out_)[r * width_ + i], want, kEpsilon * std::abs(want) + 1e-30);
      }
    }
  }

 private:
  std::span<const std::int32_t> ids() const { return {ids_.data() + begin_, rows_}; }

  const Backend& backend_;
  std::size_t rows_, begin_ = 0;
  std::int64_t width_, vocabulary_;
  std::vector<std::int32_t> ids_;
  int table_, out_;
};

/// max, sum of exp and argmax of rows of logits; scale 1, so that runs repeat on the same values.
class SoftmaxStatsCase : public BufferedCase {
 public:
  SoftmaxStatsCase(const Backend& backend, int copies, std::int64_t rows, std::int64_t width)
      : BufferedCase(copies),
        backend_(backend),
        rows_(rows),
        width_(width),
        logits_(add_input(rows * width, 3)),
        stats_(static_cast<std::size_t>(rows)) {}
  void call(int copy) override {
    stats_.assign(stats_.size(), {});
    backend_.softmax_stats(buffer(copy, logits_), rows_, width_, 1, stats_.data());
  }

 protected:
  void verify(int copy, int, Errors& errors) override {
    for (std::int64_t r : sampled(rows_, kRowsChecked)) {
      const float* row = buffer(copy, logits_) + r * width_;
      const std::int64_t best = std::max_element(row, row + width_) - row;
      double sum = 0;
      for (std::int64_t i = 0; i < width_; ++i)
        sum += std::exp(static_cast<double>(row[i]) - static_cast<double>(row[best]));
      const SoftmaxStats& stats = stats_[static_cast<std::size_t>(r)];
      errors.add(stats.argmax, static_cast<double>(best), 0.5);
      errors.add(stats.max, row[best], 1e-30);
      errors.add(stats.sum, sum, 4 * kEpsilon * std::sqrt(static_cast<double>(width_)) * sum);
    }
  }

 private:
  const Backend& backend_;
  std::int64_t rows_, width_;
  int logits_;
  std::vector<SoftmaxStats> stats_;
};

template <class Made, class... Arguments>
auto maker(Arguments... arguments) {
  return [=](const Backend& backend, int copies) -> std::unique_ptr<Case> {
    return std::make_unique<Made>(backend, copies, arguments...);
  };
}

}  // namespace

void add_rowwise_rows(const ModelShape& s, int threads, std::vector<Row>& rows) {
  const double h = static_cast<double>(s.hidden), f = static_cast<double>(s.intermediate);
  const double heads = static_cast<double>(s.heads + s.kv_heads),
               d = static_cast<double>(s.head_dim);
  for (std::int64_t tokens : {1, 64, 512, 4096}) {
    const double t = static_cast<double>(tokens);
    const auto add = [&](const std::string& op, Cost cost, double resident, auto make) {
      Row row = row_of(op, s, threads, "fp32", "T:" + std::to_string(tokens));
      row.cost = cost;
      row.resident_bytes = resident;
      row.standard =
          tokens == 512 && threads > 1 && (s.name == "smollm2-135m" || s.name == "52b-tp8");
      row.make = std::move(make);
      if (op == "embedding")
        rows.push_back(row);  // other rows of the table each time: always cold
      else
        add_cold_and_hot(row, false, rows);
    };
    add("rmsnorm", {4 * t * h, 4 * (t * h + h), 4 * t * h}, 8 * t * h,
        maker<RmsNormCase>(tokens, s.hidden));
    add("add_residual", {2 * t * h, 8 * t * h, 4 * t * h}, 8 * t * h,
        maker<ResidualCase>(tokens, s.hidden, false));
    add("add_rmsnorm", {5 * t * h, 4 * (2 * t * h + h), 8 * t * h}, 12 * t * h,
        maker<ResidualCase>(tokens, s.hidden, true));
    add("rope", {3 * t * heads * d, 4 * (t * heads * d + t * d), 4 * t * heads * d},
        4 * t * heads * d, maker<RopeCase>(tokens, s.heads + s.kv_heads, s.head_dim));
    add("silu_mul", {5 * t * f, 8 * t * f, 4 * t * f}, 12 * t * f,
        maker<SiluCase>(tokens, s.intermediate));
    if (s.tensor_parallel > 1 && s.tensor_parallel < 8) continue;
    add("softmax_stats",
        {4 * t * static_cast<double>(s.vocabulary), 4 * t * static_cast<double>(s.vocabulary),
         12 * t},
        4 * t * static_cast<double>(s.vocabulary), maker<SoftmaxStatsCase>(tokens, s.vocabulary));
    add("embedding", {0, 4 * t * h + 4 * t, 4 * t * h}, 4 * static_cast<double>(s.vocabulary) * h,
        maker<EmbeddingCase>(tokens, s.hidden, s.vocabulary));
  }
}

}  // namespace flm::bench
