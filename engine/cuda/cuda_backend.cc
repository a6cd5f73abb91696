// The CUDA backend: kernels of our own for all but the matrix products, one stream of computation.
#include "engine/cuda/cuda_backend.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "base/errors.h"
#include "engine/cuda/attention/attention.h"
#include "engine/cuda/attention/attention_choice.h"
#include "engine/cuda/attention/device_batch.h"
#include "engine/cuda/cuda_cost.h"
#include "engine/cuda/cuda_device.h"
#include "engine/cuda/device_collectives.h"
#include "engine/cuda/device_logits.h"
#include "engine/cuda/device_products.h"
#include "engine/cuda/kernels/kernels.h"
#include "engine/cuda/products/gemm.h"
#include "engine/cuda/recorded_steps.h"
#include "engine/cuda/runtime/cuda_clock.h"
#include "engine/cuda/runtime/device_pool.h"
#include "engine/cuda/runtime/runtime.h"
#include "engine/cuda/runtime/scratch.h"
#include "engine/cuda/weight_upload.h"

namespace flm {
namespace {

constexpr std::int64_t kWord = 4;

class CudaBackend : public Backend {
 public:
  CudaBackend(const CudaOptions& options, std::unique_ptr<Backend> host)
      : options_(options),
        device_(inspect_cuda_device(options.device)),
        host_(std::move(host)),
        pool_(stream_, DevicePool::Takers::kSameStream),
        weights_(stream_, DevicePool::Takers::kOtherStreams),
        upload_(weights_, options.device, options.bf16,
                options.locked ? options.locked : make_locked_weights(options.pinned_bytes),
                options.threads),
        products_(stream_, make_gemm(device_.name, stream_), options.bf16),
        logits_(stream_, pool_, [this] { await_results(); }),
        wgmma_(options.bf16 && wants_wgmma(device_.name, device_.major, device_.minor)) {}
  ~CudaBackend() override { stream_.settle(); }

  std::string isa() const override {
    return "sm_" + std::to_string(device_.major) + std::to_string(device_.minor);
  }

  void check_shape(const ModelConfig& config) const override {
    check_cuda_heads(config, options_.bf16);
  }

  float* acquire(std::int64_t bytes) const override {
    use_device(options_.device);  // a thread that prefetches has none yet
    return static_cast<float*>(pool_.acquire(bytes, stream_));
  }
  void release(float* memory, std::int64_t) const noexcept override { pool_.release(memory); }
  void upload(const float* host, std::int64_t count, float* memory) const override {
    copy_to_device(memory, host, count * kWord, stream_);
  }
  void download(const float* memory, std::int64_t count, float* host) const override {
    copy_to_host(host, memory, count * kWord, stream_);
    await_results();
  }

  bool makes_weights() const override { return true; }
  PackedVector pack_vector(std::span<const float> host) const override {
    return upload_.upload(host);
  }
  std::unique_ptr<PackedWeight> pack(std::span<const MatrixSlice> slices) const override {
    return upload_.upload(slices);
  }
  std::unique_ptr<PackedWeight> copy(const PackedWeight& from) const override {
    return upload_.copy(dynamic_cast<const DeviceMatrix&>(from));
  }
  std::unique_ptr<PackedWeight> borrow(const PackedWeight& from) const override {
    return upload_.borrow(dynamic_cast<const DeviceMatrix&>(from));
  }

  void begin(const PackedBatch& batch) const override {
    use_device(options_.device);  // a rank's thread has none yet
    batch_.begin(batch);
  }

  void keep_pace() const override {
    paces_[++pace_ % 2].record(stream_);
    if (pace_ > 1) paces_[(pace_ - 1) % 2].wait();
  }

  void embed(const PackedWeight& table, std::span<const std::int32_t> ids, float scale,
             float* out) const override {
    const DeviceMatrix& matrix = awaited(table);
    const Scratch rows = on_device(ids);
    cuda::embed(stream_, {matrix.data(), options_.bf16}, matrix.columns(), rows.as<std::int32_t>(),
                static_cast<std::int64_t>(ids.size()), scale, out);
  }

  void rms_norm(const float* x, std::int64_t rows, std::span<const float> weight, float eps,
                float* out) const override {
    upload_.order_vectors(stream_);  // no matrix was waited for
    cuda::rms_norm(stream_, x, rows, weight.data(), static_cast<std::int64_t>(weight.size()), eps,
                   {out});
  }

  void norm_parts(float* x, std::int64_t stride, std::int64_t rows, int parts, std::int64_t width,
                  const NormRule& norm) const override {
    cuda::norm_parts(stream_, x, stride, rows, parts, width, norm_weights(norm, parts * width), {x},
                     stride);
  }
  void norm_columns(const float* x, std::int64_t width, std::int64_t rows, Range columns,
                    const NormRule& norm, float* out, std::int64_t out_stride) const override {
    cuda::norm_columns(stream_, x, width, rows, columns.begin, columns.end,
                       norm_weights(norm, width), out, out_stride);
  }
  void scale_rows(float* x, std::int64_t stride, std::int64_t width,
                  std::span<const std::int32_t> positions,
                  const PositionFactors& factors) const override {
    cuda::scale_rows(stream_, x, stride, static_cast<std::int64_t>(positions.size()), width,
                     batch_.positions(), static_cast<const float*>(factors.placed.get()));
  }

  void matmul(const ProductInput& a, std::int64_t rows, const PackedWeight& weight,
              std::span<const float> bias, const ProductOutput& c) const override {
    products_.matmul(a, rows, awaited(weight), bias, c, steps_.scratch());
  }

  void rope(float* x, std::int64_t stride, int heads, std::span<const std::int32_t> positions,
            const RopeTable& table) const override {
    if (table.half > 0)
      cuda::rope(stream_, x, stride, static_cast<std::int64_t>(positions.size()), heads,
                 on_device(table));
  }

  bool wants_kv_slots() const override { return options_.bf16; }
  std::int64_t kv_element_bytes() const override { return options_.bf16 ? 2 : kWord; }
  void store_kv(const PackedBatch& batch, const float* keys, const float* values,
                std::int64_t stride, std::int64_t width, float* key_slots,
                float* value_slots) const override {
    cuda::store_kv(stream_, keys, values, stride, batch.rows(), width,
                   {batch_.slots(), options_.bf16, key_slots, value_slots});
  }
  /// In bf16 attention turns the queries on their way to shared memory, where whole heads are
  /// turned.
  void rope_store_kv(const PackedBatch& batch, const RopeTable& table, float* key_slots,
                     float* value_slots, AttentionArgs& args) const override {
    if (!key_slots) return Backend::rope_store_kv(batch, table, key_slots, value_slots, args);
    const bool whole = table.half > 0 && table.head_width() == 2 * table.half;
    if (!whole) return Backend::rope_store_kv(batch, table, key_slots, value_slots, args);
    if (!options_.bf16) rope(args.queries, args.query_stride, args.heads, batch.positions, table);
    cuda::rope_store_kv(stream_, args.keys, args.values, args.kv_stride, batch.rows(),
                        args.kv_heads, on_device(table),
                        {batch_.slots(), options_.bf16, key_slots, value_slots});
    args.take_slots(key_slots, value_slots);
    if (options_.bf16) args.rotation = &table;
  }

  void copy_kv(std::span<const KvCopy> copies, std::int64_t width, float* key_slots,
               float* value_slots) const override {
    const std::int64_t bytes = width * kv_element_bytes();
    const auto slot = [&](float* slots, std::int64_t at) {
      return reinterpret_cast<std::byte*>(slots) + at * bytes;
    };
    for (const KvCopy& copy : copies)
      for (float* slots : {key_slots, value_slots})
        cuda::copy_rows(stream_, slot(slots, copy.from), bytes, copy.count, bytes,
                        slot(slots, copy.to));
  }

  std::int64_t operand_element_bytes() const override { return options_.bf16 ? 2 : 0; }
  void attention(const PackedBatch& batch, const AttentionArgs& args) const override {
    if (!options_.bf16) return cuda::attention_fp32(stream_, args, batch.rows(), batch_.paths());
    shape_ = {args.heads, args.kv_heads, args.head_dim};
    batch_.cut(shape_);
    cuda::SpanBlocks blocks;
    std::optional<Scratch> partials;
    if (batch_.spans() > 0) {
      partials.emplace(
          steps_.scratch(), stream_,
          cuda::span_floats(batch_.spans(), batch.rows(), args.heads, args.head_dim) * kWord);
      blocks = {partials->as<float>(), batch_.spans(), batch.rows(), batch_.positions()};
    }
    cuda::QueryTiles tiles = batch_.tiles();
    tiles.wgmma = wgmma_;
    cuda::attention_bf16(stream_, args, tiles, batch_.segments(), blocks,
                         args.rotation ? on_device(*args.rotation) : cuda::Rotation{});
  }

  /// As a graph from the third time on. What differs from batch to batch lies in the tables; their
  /// place and the shape of the grids are part of the key.
  void replay(std::span<const std::int64_t> operands,
              const std::function<void()>& body) const override {
    if (batch_.host().rows() > kMostDecodeRows) return body();  // on all ranks
    if (options_.bf16 && shape_.heads > 0) batch_.cut(shape_);
    GraphCache::Key key(operands.begin(), operands.end());
    const cuda::QueryTiles tiles = batch_.tiles();
    for (const std::int64_t part :
         {tiles.count, static_cast<std::int64_t>(tiles.queries), tiles.shared_count,
          static_cast<std::int64_t>(batch_.spans()),
          static_cast<std::int64_t>(reinterpret_cast<std::intptr_t>(batch_.tables()))})
      key.push_back(part);
    steps_.run(key, body, collectives_);
  }

  void add_residual(float* x, const float* delta, float scale, std::int64_t count) const override {
    cuda::add_scaled(stream_, x, delta, scale, count);
  }
  void make_gated(const Gated& gated, std::int64_t rows, std::int64_t width,
                  void* out) const override {
    cuda::activate(stream_, gated.activation, gated.alone, gated.gate_up, rows, width,
                   {out, options_.bf16});
  }
  void gather_columns(Communicator& communicator, const ColumnParts& columns) const override {
    if (!collectives_)
      collectives_ = make_device_collectives(
          communicator, {options_.device, options_.record_gathers, options_.gather_limit_seconds});
    collectives_->gather_columns(columns, stream_, steps_.scratch());
  }
  bool records_gathers() const override { return collectives_ && collectives_->recordable(); }

  void gather_rows(const float* x, std::int64_t width, std::span<const std::int32_t> rows,
                   float* out) const override {
    const Scratch index = on_device(rows);
    cuda::gather_rows(stream_, x, width, index.as<std::int32_t>(),
                      static_cast<std::int64_t>(rows.size()), out);
  }

  void softmax_stats(const float* logits, std::int64_t rows, std::int64_t width,
                     SoftmaxStats* stats) const override {
    logits_.softmax_stats(logits, rows, width, stats);
  }
  void largest_logits(const float* logits, std::int64_t rows, std::int64_t width,
                      RankedLogit* largest) const override {
    logits_.largest_of_rows(logits, rows, width, largest);
  }
  void exp_sums(const float* logits, std::int64_t rows, std::int64_t width, const float* largest,
                float* sums) const override {
    logits_.exp_sums(logits, rows, width, largest, sums);
  }
  void pick(const float* logits, std::int64_t width, std::span<const LogitAt> at,
            float* values) const override {
    logits_.pick(logits, width, at, values);
  }
  std::vector<RankedLogit> largest(const float* logits, std::int64_t width,
                                   std::span<const std::int32_t> counts) const override {
    return logits_.largest(logits, width, counts);
  }
  bool samples() const override { return true; }
  void sample(const float* logits, std::int64_t width, std::span<const SampleQuery> queries,
              SampledToken* tokens) const override {
    logits_.sample(logits, width, queries, tokens);
  }

  std::int64_t head_chunk_bytes() const override { return kCudaHeadChunkBytes; }
  std::int64_t mlp_tile_rows() const override { return kCudaMlpTileRows; }
  SoftmaxStats softmax_stats_of(const float* logits, std::int64_t width) const override {
    return host_->softmax_stats_of(logits, width);
  }
  float exp_of(float x) const override { return host_->exp_of(x); }

  RopeTable rope_table(std::span<const double> frequencies, double factor,
                       std::int64_t positions) const override {
    RopeTable table = host_->rope_table(frequencies, factor, positions);
    const std::int64_t count = table.positions * table.half;
    float* memory = place(table.placed, 2 * count);
    upload(table.cosines.data(), count, memory);
    upload(table.sines.data(), count, memory + count);
    return table;
  }
  PositionFactors place_factors(std::vector<float> values) const override {
    PositionFactors factors{std::move(values)};
    const auto count = static_cast<std::int64_t>(factors.values.size());
    upload(factors.values.data(), count, place(factors.placed, count));
    return factors;
  }
  std::unique_ptr<OperationClock> make_clock() const override {
    return std::make_unique<CudaClock>(stream_);
  }

 private:
  /// Waits for what was asked for; a gather that failed leaves nothing to use.
  void await_results() const {
    stream_.wait();
    if (collectives_) collectives_->check();
  }

  /// Room for a table of the model's, given back with it.
  float* place(std::shared_ptr<const void>& placed, std::int64_t count) const {
    float* memory = acquire(count * kWord);
    placed = {memory, [this](const void* p) { pool_.release(const_cast<void*>(p)); }};
    return memory;
  }

  /// The weight, which work on the stream may use from now on.
  const DeviceMatrix& awaited(const PackedWeight& weight) const {
    const auto& matrix = dynamic_cast<const DeviceMatrix&>(weight);
    if (!matrix.awaited) matrix.ready.order(stream_);  // once: the stream keeps its order
    matrix.awaited = true;
    return matrix;
  }

  template <class T>
  Scratch on_device(std::span<const T> host) const {
    return Scratch(pool_, stream_, host.data(), static_cast<std::int64_t>(host.size_bytes()));
  }

  /// Of the batch's rows; after cut(), which gives their positions another place.
  cuda::Rotation on_device(const RopeTable& table) const {
    const auto* placed = static_cast<const float*>(table.placed.get());
    return {placed, placed + table.positions * table.half, table.half, batch_.positions(),
            table.head_width()};
  }

  const CudaOptions options_;
  const CudaDevice device_;
  const std::unique_ptr<Backend> host_;  // what is computed in the host's memory
  const Stream stream_;
  mutable DevicePool pool_;     // activations
  mutable DevicePool weights_;  // one after the other where they are streamed
  mutable WeightUpload upload_;
  const DeviceProducts products_;
  const DeviceLogits logits_;
  const bool wgmma_;  // attention of many queries
  mutable DeviceBatch batch_{pool_, stream_, device_.block_shared_bytes};
  mutable AttentionShape shape_;                            // of the last attention
  mutable std::unique_ptr<DeviceCollectives> collectives_;  // null until the first gather
  mutable RecordedSteps steps_{stream_, pool_};             // gone before what they gather by
  mutable Event paces_[2];  // what was asked for by the last two calls of keep_pace
  mutable std::int64_t pace_ = 0;
};

}  // namespace

std::unique_ptr<Backend> make_cuda_backend(const CudaOptions& options,
                                           std::unique_ptr<Backend> host) {
  return std::make_unique<CudaBackend>(options, std::move(host));
}

std::shared_ptr<LockedWeights> make_locked_weights(std::int64_t bytes) {
  return std::make_shared<LockedWeights>(bytes);
}

std::string cuda_numerics(const CudaOptions& options, int ranks) {
  const CudaDevice device = inspect_cuda_device(options.device);
  return "flm-cuda-3/" + std::string(options.bf16 ? "bf16" : "fp32") + "/" + device.name + "/" +
         gemm_identity(device.name) +
         (ranks > 1 && !gemm_sums_by_inputs_alone() ? "/tp" + std::to_string(ranks) : "") +
         (options.bf16 && wants_wgmma(device.name, device.major, device.minor) ? "-wgmma" : "");
}

std::vector<std::pair<std::string, std::string>> cuda_libraries() {
  return {{"cublaslt", describe_gemm_library()}, {"nccl", describe_nccl()}};
}

std::string cuda_gathers(int devices, int ranks) { return describe_gathers(devices, ranks); }

}  // namespace flm
