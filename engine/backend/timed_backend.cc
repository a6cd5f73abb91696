#include "engine/backend/timed_backend.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "base/errors.h"
#include "base/system/clock.h"
#include "engine/backend/operation_clock.h"

namespace flm {
namespace {

constexpr double kWord = 4;
constexpr std::int32_t kFewRows = 64;  // of a batch: as of decoding, told apart from the others

/// Of a call, by its shapes: every input read once, every output written once.
struct Work {
  double bytes = 0, flops = 0;
};

double count(auto n) { return static_cast<double>(n); }

const char* name_of(const Gated& a) {
  switch (a.activation) {
    case Activation::kSilu:
      return a.alone ? "silu" : "silu_mul";
    case Activation::kGeluTanh:
      return a.alone ? "gelu_tanh" : "gelu_tanh_mul";
    case Activation::kSquaredRelu:
      return a.alone ? "squared_relu" : "squared_relu_mul";
    case Activation::kGelu:
      return a.alone ? "gelu" : "gelu_mul";
    case Activation::kRelu:
      return a.alone ? "relu" : "relu_mul";
  }
  return "";
}

std::string product_name(const ProductInput& a, const PackedWeight& weight,
                         std::span<const float> bias, const ProductOutput& c) {
  std::string parts;
  const auto part = [&](bool there, const char* name) {
    if (there) parts += (parts.empty() ? "" : ", ") + std::string(name);
  };
  part(std::holds_alternative<Normed>(a), "norm");
  if (const auto* gated = std::get_if<Gated>(&a)) part(true, name_of(*gated));
  part(!bias.empty(), "bias");
  part(std::holds_alternative<Added>(c), "add");
  return "product " + std::to_string(weight.rows()) + " x " + std::to_string(weight.columns()) +
         (parts.empty() ? "" : " (" + parts + ")");
}

/// `element`: bytes of one that attention left.
Work work_of(const ProductInput& a, std::int64_t rows, const PackedWeight& weight,
             const ProductOutput& c, std::int64_t element) {
  const double n = count(weight.rows()), k = count(weight.columns());
  const auto* gated = std::get_if<Gated>(&a);
  const double read = std::holds_alternative<Attended>(a) ? count(element) * k
                      : gated && !gated->alone            ? kWord * 2 * k
                                                          : kWord * k;
  const double written = kWord * n * (std::holds_alternative<Added>(c) ? 2 : 1);
  return {count(rows) * (read + written) + count(weight.bytes()), 2 * count(rows) * n * k};
}

/// Slots that the paths name, each once.
double distinct_slots(const PackedBatch& batch) {
  std::vector<KvSegment> segments = batch.segments;
  std::sort(segments.begin(), segments.end(),
            [](const KvSegment& a, const KvSegment& b) { return a.slot < b.slot; });
  std::int64_t slots = 0, end = 0;
  for (const KvSegment& one : segments) {
    const std::int64_t begin = std::max<std::int64_t>(one.slot, end);
    end = std::max<std::int64_t>(end, one.slot + one.length);
    slots += std::max<std::int64_t>(0, end - begin);
  }
  return count(slots);
}

class TimedBackend : public Backend {
 public:
  TimedBackend(std::unique_ptr<Backend> backend, std::shared_ptr<OperationLog> log)
      : backend_(std::move(backend)), log_(std::move(log)), clock_(backend_->make_clock()) {}

  std::string isa() const override { return backend_->isa(); }
  void check_shape(const ModelConfig& config) const override { backend_->check_shape(config); }
  bool in_host_memory() const override { return backend_->in_host_memory(); }
  float* acquire(std::int64_t bytes) const override { return backend_->acquire(bytes); }
  void release(float* memory, std::int64_t bytes) const noexcept override {
    backend_->release(memory, bytes);
  }
  void upload(const float* host, std::int64_t n, float* memory) const override {
    timed("upload", {kWord * count(n)}, [&] { backend_->upload(host, n, memory); });
  }
  void download(const float* memory, std::int64_t n, float* host) const override {
    timed("download", {kWord * count(n)}, [&] { backend_->download(memory, n, host); });
    settle();
  }
  void begin(const PackedBatch& batch) const override {
    rows_ = batch.rows() <= kFewRows ? ", few rows" : "";
    timed("begin", {}, [&] { backend_->begin(batch); });
    begun_ = &batch;
    slots_ = distinct_slots(batch);
  }
  void keep_pace() const override { backend_->keep_pace(); }
  void replay(std::span<const std::int64_t>, const std::function<void()>& body) const override {
    if (!backend_->in_host_memory()) log_->add_plain_step();
    body();
  }

  bool makes_weights() const override { return backend_->makes_weights(); }
  PackedVector pack_vector(std::span<const float> host) const override {
    return beside("pack_vector", [&] { return backend_->pack_vector(host); });
  }
  std::unique_ptr<PackedWeight> pack(std::span<const MatrixSlice> slices) const override {
    return beside("pack", [&] { return backend_->pack(slices); });
  }
  std::unique_ptr<PackedWeight> copy(const PackedWeight& from) const override {
    return beside("copy of a weight", [&] { return backend_->copy(from); });
  }
  std::unique_ptr<PackedWeight> borrow(const PackedWeight& from) const override {
    return backend_->borrow(from);
  }
  std::unique_ptr<PackedWeight> pack_table(const MatrixSlice& table) const override {
    return beside("pack_table", [&] { return backend_->pack_table(table); });
  }

  void embed(const PackedWeight& table, std::span<const std::int32_t> ids, float scale,
             float* out) const override {
    const double of_table = count(table.bytes()) / count(table.rows());
    timed("embed", {count(ids.size()) * (of_table + kWord * count(table.columns()))},
          [&] { backend_->embed(table, ids, scale, out); });
  }
  void rms_norm(const float* x, std::int64_t rows, std::span<const float> weight, float eps,
                float* out) const override {
    timed("rms_norm", {kWord * count(weight.size()) * (2 * count(rows) + 1)},
          [&] { backend_->rms_norm(x, rows, weight, eps, out); });
  }
  void norm_parts(float* x, std::int64_t stride, std::int64_t rows, int parts, std::int64_t width,
                  const NormRule& norm) const override {
    timed("norm_parts",
          {kWord * (2 * count(rows) * parts * count(width) + count(norm.weight.size()))},
          [&] { backend_->norm_parts(x, stride, rows, parts, width, norm); });
  }
  void norm_columns(const float* x, std::int64_t width, std::int64_t rows, Range columns,
                    const NormRule& norm, float* out, std::int64_t out_stride) const override {
    timed("norm_columns",
          {kWord * (count(rows) * count(width + columns.size()) + count(columns.size()))},
          [&] { backend_->norm_columns(x, width, rows, columns, norm, out, out_stride); });
  }
  void scale_rows(float* x, std::int64_t stride, std::int64_t width,
                  std::span<const std::int32_t> positions,
                  const PositionFactors& factors) const override {
    timed("scale_rows", {kWord * count(positions.size()) * (2 * count(width) + 2)},
          [&] { backend_->scale_rows(x, stride, width, positions, factors); });
  }
  void matmul(const ProductInput& a, std::int64_t rows, const PackedWeight& weight,
              std::span<const float> bias, const ProductOutput& c) const override {
    timed(product_name(a, weight, bias, c), work_of(a, rows, weight, c, operand_element_bytes()),
          [&] { backend_->matmul(a, rows, weight, bias, c); });
  }
  void rope(float* x, std::int64_t stride, int heads, std::span<const std::int32_t> positions,
            const RopeTable& table) const override {
    timed("rope", {kWord * 2 * count(positions.size()) * heads * 2 * count(table.half)},
          [&] { backend_->rope(x, stride, heads, positions, table); });
  }

  bool wants_kv_slots() const override { return backend_->wants_kv_slots(); }
  std::int64_t kv_element_bytes() const override { return backend_->kv_element_bytes(); }
  void store_kv(const PackedBatch& batch, const float* keys, const float* values,
                std::int64_t stride, std::int64_t width, float* key_slots,
                float* value_slots) const override {
    timed("store_kv", {2 * count(batch.rows()) * count(width) * (kWord + kv_bytes(true))},
          [&] { backend_->store_kv(batch, keys, values, stride, width, key_slots, value_slots); });
  }
  /// What is left to attention is read and written there.
  void rope_store_kv(const PackedBatch& batch, const RopeTable& table, float* key_slots,
                     float* value_slots, AttentionArgs& args) const override {
    const double rows = count(batch.rows()), width = count(args.heads) * args.head_dim,
                 kv_width = count(args.kv_heads) * args.head_dim;
    Work work;  // known when it is done
    timed("rope_store_kv", work, [&] {
      backend_->rope_store_kv(batch, table, key_slots, value_slots, args);
      const double turned = args.rotation ? 0 : 2 * kWord * width;
      const double kept =
          args.stored ? 2 * kv_width * (kWord + kv_bytes(true)) : 2 * kWord * kv_width;
      work.bytes = rows * (turned + kept);
    });
  }
  void copy_kv(std::span<const KvCopy> copies, std::int64_t width, float* key_slots,
               float* value_slots) const override {
    std::int64_t positions = 0;
    for (const KvCopy& copy : copies) positions += copy.count;
    timed("copy_kv", {2 * 2 * count(positions) * count(width) * kv_bytes(true)},
          [&] { backend_->copy_kv(copies, width, key_slots, value_slots); });
  }
  std::int64_t operand_element_bytes() const override { return backend_->operand_element_bytes(); }
  /// Every row meets the keys up to its own position, from where its window begins.
  void attention(const PackedBatch& batch, const AttentionArgs& args) const override {
    double keys = 0;
    for (const std::int32_t position : batch.positions)
      keys += args.window > 0 ? std::min(position + 1, args.window) : position + 1;
    const double width = count(args.heads) * args.head_dim,
                 kv_width = count(args.kv_heads) * args.head_dim;
    const double slots = begun_ == &batch ? slots_ : distinct_slots(batch);
    const double result = args.operand ? count(operand_element_bytes()) : kWord;
    timed("attention",
          {(kWord + result) * count(batch.rows()) * width +
               2 * slots * kv_width * kv_bytes(args.stored),
           4 * keys * width},
          [&] { backend_->attention(batch, args); });
  }
  void add_residual(float* x, const float* delta, float scale, std::int64_t n) const override {
    timed("add_residual", {kWord * 3 * count(n)},
          [&] { backend_->add_residual(x, delta, scale, n); });
  }
  void gather_columns(Communicator& communicator, const ColumnParts& columns) const override {
    const double row = count(columns.parts.back().end) * count(columns.element_bytes);
    timed("gather_columns", {2 * count(columns.rows) * row},
          [&] { backend_->gather_columns(communicator, columns); });
  }
  bool records_gathers() const override { return backend_->records_gathers(); }
  void make_gated(const Gated& gated, std::int64_t rows, std::int64_t width,
                  void* out) const override {
    const double element = operand_element_bytes() > 0 ? count(operand_element_bytes()) : kWord;
    timed("make_gated", {count(rows) * count(width) * ((gated.alone ? 1 : 2) * kWord + element)},
          [&] { backend_->make_gated(gated, rows, width, out); });
  }
  void largest_logits(const float* logits, std::int64_t rows, std::int64_t width,
                      RankedLogit* largest) const override {
    timed("largest_logits", {kWord * count(rows) * count(width)},
          [&] { backend_->largest_logits(logits, rows, width, largest); });
    settle();
  }
  void exp_sums(const float* logits, std::int64_t rows, std::int64_t width, const float* largest,
                float* sums) const override {
    timed("exp_sums", {kWord * count(rows) * count(width)},
          [&] { backend_->exp_sums(logits, rows, width, largest, sums); });
    settle();
  }
  void gather_rows(const float* x, std::int64_t width, std::span<const std::int32_t> rows,
                   float* out) const override {
    timed("gather_rows", {kWord * 2 * count(rows.size()) * count(width)},
          [&] { backend_->gather_rows(x, width, rows, out); });
  }

  void softmax_stats(const float* logits, std::int64_t rows, std::int64_t width,
                     SoftmaxStats* stats) const override {
    timed("softmax_stats", {kWord * count(rows) * count(width)},
          [&] { backend_->softmax_stats(logits, rows, width, stats); });
    settle();
  }
  void pick(const float* logits, std::int64_t width, std::span<const LogitAt> at,
            float* values) const override {
    timed("pick", {kWord * 2 * count(at.size())},
          [&] { backend_->pick(logits, width, at, values); });
    settle();
  }
  std::vector<RankedLogit> largest(const float* logits, std::int64_t width,
                                   std::span<const std::int32_t> counts) const override {
    const auto rows = std::count_if(counts.begin(), counts.end(), [](int k) { return k > 0; });
    std::vector<RankedLogit> ranked;
    timed("largest", {kWord * count(rows) * count(width)},
          [&] { ranked = backend_->largest(logits, width, counts); });
    settle();
    return ranked;
  }
  std::int64_t head_chunk_bytes() const override { return backend_->head_chunk_bytes(); }
  std::int64_t mlp_tile_rows() const override { return backend_->mlp_tile_rows(); }
  bool samples() const override { return backend_->samples(); }
  void sample(const float* logits, std::int64_t width, std::span<const SampleQuery> queries,
              SampledToken* tokens) const override {
    timed("sample", {kWord * count(queries.size()) * count(width)},
          [&] { backend_->sample(logits, width, queries, tokens); });
    settle();
  }
  SoftmaxStats softmax_stats_of(const float* logits, std::int64_t width) const override {
    return backend_->softmax_stats_of(logits, width);
  }
  float exp_of(float x) const override { return backend_->exp_of(x); }
  PositionFactors place_factors(std::vector<float> values) const override {
    return backend_->place_factors(std::move(values));
  }
  RopeTable rope_table(std::span<const double> frequencies, double factor,
                       std::int64_t positions) const override {
    return backend_->rope_table(frequencies, factor, positions);
  }
  std::unique_ptr<OperationClock> make_clock() const override { return backend_->make_clock(); }

 private:
  struct Pending {
    std::string name;
    Work work;
  };

  template <class F>
  void timed(const std::string& name, const Work& work, F operation) const {
    const std::string whole = name + rows_;
    clock_->begin(whole);
    operation();
    clock_->end();
    pending_.push_back({whole, work});
    if (backend_->in_host_memory()) settle();  // it is over when it returns
  }

  /// Behind an operation that has waited for all before it: reading the clock waits for nothing.
  void settle() const {
    const std::vector<double> seconds = clock_->take();
    FLM_CHECK(seconds.size() == pending_.size(), "a clock that lost an operation");
    for (std::size_t i = 0; i < seconds.size(); ++i)
      log_->add(pending_[i].name, seconds[i], pending_[i].work.bytes, pending_[i].work.flops);
    pending_.clear();
  }

  /// What another thread may do meanwhile, in the host's time.
  template <class F>
  std::invoke_result_t<F> beside(const char* name, F operation) const {
    const double start = monotonic_seconds();
    auto made = operation();
    log_->add(std::string(name) + " (host, beside)", monotonic_seconds() - start, bytes_of(made), 0,
              true);
    return made;
  }
  static double bytes_of(const PackedVector& vector) { return kWord * count(vector.size); }
  static double bytes_of(const std::unique_ptr<PackedWeight>& weight) {
    return count(weight->bytes());
  }
  double kv_bytes(bool stored) const {
    return stored ? count(backend_->kv_element_bytes()) : kWord;
  }

  const std::unique_ptr<Backend> backend_;
  const std::shared_ptr<OperationLog> log_;
  const std::unique_ptr<OperationClock> clock_;
  mutable std::vector<Pending> pending_;
  mutable const PackedBatch* begun_ = nullptr;
  mutable std::string rows_;  // what its operations' names end with
  mutable double slots_ = 0;  // that its paths name
};

}  // namespace

std::unique_ptr<Backend> make_timed_backend(std::unique_ptr<Backend> backend,
                                            std::shared_ptr<OperationLog> log) {
  return std::make_unique<TimedBackend>(std::move(backend), std::move(log));
}

}  // namespace flm
