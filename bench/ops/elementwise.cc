// SiLU with its factor (fp32 rows alone), embedding and the widening of bf16.
#include <algorithm>
#include <cmath>

#include "bench/cases/buffered_case.h"
#include "bench/ops/ops.h"
#include "bench/ops/weights.h"

namespace flm::bench {
namespace {

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

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
    const Gated gated{buffer(copy, x_), nullptr, Activation::kSilu, false};
    backend_.make_gated(gated, rows_, width_, buffer(copy, out_));
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

/// Ids into a table of fp32 rows: uniform, each run other rows; or as words are distributed (Zipf).
class EmbeddingCase : public BufferedCase {
 public:
  EmbeddingCase(const Backend& backend, int copies, std::int64_t rows, std::int64_t width,
                std::int64_t vocabulary, bool zipf)
      : BufferedCase(copies),
        backend_(backend),
        rows_(static_cast<std::size_t>(rows)),
        width_(width),
        vocabulary_(vocabulary),
        table_(add_input(vocabulary * width, 1)),
        out_(add_output(rows * width)),
        tables_(static_cast<std::size_t>(copies)) {
    for (std::int64_t i = 0; i < std::max(rows, vocabulary / rows * rows); ++i)
      ids_.push_back(
          static_cast<std::int32_t>((zipf ? zipf_rank(i) : i * 7919 + 13) * 104729 % vocabulary));
  }
  void call(int copy) override {
    begin_ = begin_ + 2 * rows_ > ids_.size() ? 0 : begin_ + rows_;
    backend_.embed(*tables_[static_cast<std::size_t>(copy)], ids(), kResidualScale,
                   buffer(copy, out_));
  }

 protected:
  void prepare(int copy) override {
    MatrixSlice slice;
    slice.source.view = {
        DType::kF32, {vocabulary_, width_}, reinterpret_cast<const std::byte*>(host(copy, table_))};
    slice.row_end = vocabulary_;
    slice.column_end = width_;
    tables_[static_cast<std::size_t>(copy)] = backend_.pack_table(slice);
  }
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
  /// The rank whose 1/rank share of log(vocabulary) a low-discrepancy number falls into.
  std::int64_t zipf_rank(std::int64_t i) const {
    const double part = static_cast<double>(i + 1) * 0.6180339887498949;
    return static_cast<std::int64_t>(
               std::pow(static_cast<double>(vocabulary_), part - std::floor(part))) -
           1;
  }
  std::span<const std::int32_t> ids() const { return {ids_.data() + begin_, rows_}; }

  const Backend& backend_;
  std::size_t rows_, begin_ = 0;
  std::int64_t width_, vocabulary_;
  std::vector<std::int32_t> ids_;
  int table_, out_;
  std::vector<std::unique_ptr<PackedWeight>> tables_;  // [copy]
};

/// bf16 as stored to fp32, which every weight of a bf16 checkpoint that is not a product's takes.
class WidenCase : public BufferedCase {
 public:
  WidenCase(const Backend&, int copies, std::int64_t count)
      : BufferedCase(copies),
        x_(add_input(count, 1)),
        out_(add_output(count)),
        stored_(static_cast<std::size_t>(copies)) {}
  void call(int copy) override {
    const auto& stored = stored_[static_cast<std::size_t>(copy)];
    const auto count = static_cast<std::int64_t>(stored.size());
    widen({DType::kBF16, {count}, reinterpret_cast<const std::byte*>(stored.data())}, 0, count,
          buffer(copy, out_));
  }

 protected:
  void prepare(int copy) override {
    auto& stored = stored_[static_cast<std::size_t>(copy)];
    stored.clear();
    for (std::int64_t i = 0; i < count(); ++i) stored.push_back(bf16_of(buffer(copy, x_)[i]));
  }
  void verify(int copy, int, Errors& errors) override {
    for (std::int64_t i : sampled(count(), 100000))
      errors.add(buffer(copy, out_)[i], from_bf16(bf16_of(buffer(copy, x_)[i])), 1e-30);
  }

 private:
  std::int64_t count() { return size(x_); }

  int x_, out_;
  std::vector<std::vector<std::uint16_t>> stored_;  // [copy]
};

}  // namespace

void add_elementwise_rows(const ModelShape& s, int threads, std::vector<Row>& rows) {
  const double h = static_cast<double>(s.hidden), f = static_cast<double>(s.intermediate);
  for (std::int64_t tokens : kRowTokens) {
    const double t = static_cast<double>(tokens);
    RowAdder add{s, threads, tokens, rows};
    add("silu_mul", {5 * t * f, 8 * t * f, 4 * t * f}, 12 * t * f,
        maker<SiluCase>(tokens, s.intermediate));
    if (threads == 1)  // one thread widens a tensor
      add("widen_bf16", {0, 2 * t * h, 4 * t * h}, 10 * t * h, maker<WidenCase>(tokens * s.hidden));
    if (s.tensor_parallel > 1 && s.tensor_parallel < 8) continue;
    const double table = 4 * static_cast<double>(s.vocabulary) * h;
    add.hot = false;  // other rows of the table each time: always cold
    add("embedding", {0, 4 * t * h + 4 * t, 4 * t * h}, table,
        maker<EmbeddingCase>(tokens, s.hidden, s.vocabulary, false));
    add.suffix = "/zipf";  // frequent rows stay in the caches: only the output has to move
    add("embedding", {0, 4 * t, 4 * t * h}, table,
        maker<EmbeddingCase>(tokens, s.hidden, s.vocabulary, true));
  }
}

}  // namespace flm::bench
