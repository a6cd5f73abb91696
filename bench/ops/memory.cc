// Plain traffic, by the loops that the ceilings are measured with, and the hand-over of no work.
#include <algorithm>
#include <cmath>

#include "bench/cases/buffered_case.h"
#include "bench/machine/peak_kernels.h"
#include "bench/ops/ops.h"
#include "engine/parallel/workers.h"

namespace flm::bench {
namespace {

constexpr std::int64_t kBlock = 1 << 16;  // floats of one task
enum class Traffic { kRead, kCopy, kTriad };

class TrafficCase : public BufferedCase {
 public:
  TrafficCase(const Backend& backend, int copies, Traffic kind, int threads, std::int64_t count)
      : BufferedCase(copies),
        kernels_(peak_kernels(backend.isa(), false)),
        workers_(threads),
        kind_(kind),
        block_(std::min(kBlock, count / threads)),
        x_(add_input(count, 1)),
        y_(kind == Traffic::kTriad ? add_input(count, 1) : x_),
        out_(kind == Traffic::kRead ? x_ : add_output(count)),
        sums_(static_cast<std::size_t>(count / block_)) {}

  void call(int copy) override {
    const float *x = buffer(copy, x_), *y = buffer(copy, y_);
    float* out = buffer(copy, out_);
    const auto n = static_cast<std::size_t>(block_);
    workers_.in_order(static_cast<std::int64_t>(sums_.size()), [&](std::int64_t task) {
      const std::int64_t at = task * block_;
      if (kind_ == Traffic::kRead)
        sums_[static_cast<std::size_t>(task)] = kernels_.read(x + at, n);
      else if (kind_ == Traffic::kCopy)
        kernels_.copy(x + at, out + at, n);
      else
        kernels_.triad(x + at, y + at, out + at, n);
    });
  }

 protected:
  /// A block's sum errs like a random walk whose steps are roundings of partial sums of sqrt(n).
  void verify(int copy, int, Errors& errors) override {
    const float *x = buffer(copy, x_), *y = buffer(copy, y_), *out = buffer(copy, out_);
    if (kind_ == Traffic::kRead) {
      for (std::int64_t task : sampled(static_cast<std::int64_t>(sums_.size()), 64)) {
        double sum = 0;
        for (std::int64_t i = task * block_; i < (task + 1) * block_; ++i)
          sum += static_cast<double>(x[i]);
        errors.add(sums_[static_cast<std::size_t>(task)], sum,
                   4 * kEpsilon * static_cast<double>(block_));
      }
      return;
    }
    for (std::int64_t i : sampled(size(x_), 1 << 20)) {
      const double more = kind_ == Traffic::kTriad ? 3 * static_cast<double>(y[i]) : 0;
      const double want = static_cast<double>(x[i]) + more;
      errors.add(out[i], want, kEpsilon * (std::abs(want) + std::abs(more)) + 1e-30);
    }
  }

 private:
  const PeakKernels kernels_;
  const Workers workers_;
  Traffic kind_;
  std::int64_t block_;
  int x_, y_, out_;
  std::vector<float> sums_;
};

/// A norm of next to nothing on every thread: what handing an operation over costs.
class LaunchCase : public BufferedCase {
 public:
  LaunchCase(const Backend& backend, int copies, std::int64_t rows)
      : BufferedCase(copies),
        backend_(backend),
        rows_(rows),
        x_(add_input(rows * kWidth, 1)),
        weight_(add_input(kWidth, 1)),
        out_(add_output(rows * kWidth)) {}
  void call(int copy) override {
    backend_.rms_norm(buffer(copy, x_), rows_, {buffer(copy, weight_), kWidth}, 1,
                      buffer(copy, out_));
  }

 protected:
  void verify(int copy, int, Errors& errors) override {
    for (std::int64_t r = 0; r < rows_; ++r) {
      double squares = 0;
      for (std::size_t i = 0; i < kWidth; ++i) squares += std::pow(at(copy, r, i), 2);
      for (std::size_t i = 0; i < kWidth; ++i) {
        const double want = at(copy, r, i) / std::sqrt(squares / kWidth + 1) *
                            static_cast<double>(buffer(copy, weight_)[i]);
        errors.add(
            buffer(copy,
                   out_)[r * static_cast<std::int64_t>(kWidth) + static_cast<std::int64_t>(i)],
            want, 16 * kEpsilon * (std::abs(want) + 1e-3));
      }
    }
  }

 private:
  static constexpr std::size_t kWidth = 16;
  double at(int copy, std::int64_t r, std::size_t i) {
    return buffer(copy, x_)[r * static_cast<std::int64_t>(kWidth) + static_cast<std::int64_t>(i)];
  }
  const Backend& backend_;
  std::int64_t rows_;
  int x_, weight_, out_;
};

}  // namespace

void add_memory_rows(int threads, std::vector<Row>& rows) {
  const ModelShape none{.name = "memory"};
  struct Kind {
    const char* op;
    Traffic traffic;
    double flops, reads, writes;
  };
  for (const Kind& kind :
       {Kind{"read", Traffic::kRead, 1, 4, 0}, Kind{"copy", Traffic::kCopy, 0, 4, 4},
        Kind{"triad", Traffic::kTriad, 2, 8, 4}})
    for (const bool cold : {true, false}) {
      if (!cold && kind.traffic != Traffic::kRead) continue;  // the others write past the caches
      const std::int64_t count = cold ? std::int64_t{1} << 24 : std::int64_t{1} << 12;
      const double n = static_cast<double>(count);
      Row row = row_of(kind.op, none, threads, "fp32", cold ? "n:16Mi" : "n:4Ki");
      row.cold = cold;
      row.cost = {kind.flops * n, kind.reads * n, kind.writes * n};
      row.resident_bytes = row.cost.bytes();
      row.standard = cold;
      row.make = maker<TrafficCase>(kind.traffic, threads, count);
      rows.push_back(row);
    }
  const std::int64_t handed = 16 * threads;  // one task a thread
  Row launch = row_of("launch", none, threads, "fp32", "T:" + std::to_string(handed));
  launch.cold = false;
  launch.cost = {64.0 * static_cast<double>(handed), 64.0 * static_cast<double>(handed),
                 64.0 * static_cast<double>(handed)};
  launch.resident_bytes = launch.cost.bytes();
  launch.make = maker<LaunchCase>(handed);
  rows.push_back(launch);
}

}  // namespace flm::bench
