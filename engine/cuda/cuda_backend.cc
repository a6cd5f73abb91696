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
#include "engine/cuda/kernels/kernels.h"
#include "engine/cuda/kernels/sample_tables.h"
#include "engine/cuda/products/gemm.h"
#include "engine/cuda/runtime/cuda_clock.h"
#include "engine/cuda/runtime/device_pool.h"
#include "engine/cuda/runtime/graph_cache.h"
#include "engine/cuda/runtime/launch.h"
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
        repeated_(stream_, DevicePool::Takers::kSameStream),
        weights_(stream_, DevicePool::Takers::kOtherStreams),
        upload_(weights_, options.device, options.bf16,
                options.locked ? options.locked : make_locked_weights(options.pinned_bytes),
                options.threads),
        gemm_(make_gemm(device_.name, stream_)),
        wgmma_(options.bf16 && wants_wgmma(device_.name, device_.major, device_.minor)) {}
  ~CudaBackend() override { stream_.settle(); }

  std::string isa() const override {
    return "sm_" + std::to_string(device_.major) + std::to_string(device_.minor);
  }

  void check_shape(const ModelConfig& config) const override {
    check_cuda_heads(config, options_.bf16);
    check_cuda_block(config);
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
    cuda::norm_parts(stream_, x, stride, rows, parts, width, weights_of(norm, parts * width), {x},
                     stride);
  }
  void scale_rows(float*, std::int64_t, std::int64_t, std::span<const float>) const override {
    FLM_CHECK(false, "check_cuda_block refuses queries that grow with their position");
  }

  /// Norm and gate write the operand; the residual add and the factor are the product's own, unless
  /// a bias lies between.
  void matmul(const ProductInput& a, std::int64_t rows, const PackedWeight& weight,
              std::span<const float> bias, const ProductOutput& c) const override {
    const DeviceMatrix& matrix = awaited(weight);
    const auto* added = std::get_if<Added>(&c);
    const Assigned sum = added ? Assigned{added->c, weight.rows()} : std::get<Assigned>(c);
    GemmCall call{nullptr, weight.columns(), matrix.data(),    sum.c,        sum.stride,
                  rows,    weight.rows(),    weight.columns(), options_.bf16};
    std::optional<Scratch> taken;
    std::visit([&](const auto& input) { set_operand(call, input, taken); }, a);
    const bool apart = !bias.empty();  // what follows the bias
    if (!apart && added) {
      call.c = added->x;
      call.alpha = added->scale;
      call.accumulate = true;
    } else if (!apart) {
      call.alpha = sum.factor;
    }
    run(call);
    if (sum.cap > 0) {
      FLM_CHECK(!apart && sum.stride == call.n, "a cap of a product with a bias, or of a part");
      cuda::cap_values(stream_, sum.c, sum.cap, rows * call.n);
    }
    if (!apart) return;
    FLM_CHECK(sum.factor == 1, "a factor of a product with a bias");
    cuda::add_bias(stream_, sum.c, sum.stride, rows, bias.data(), call.n);
    if (added) cuda::add_scaled(stream_, added->x, added->c, added->scale, rows * call.n);
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
          scratch_pool(), stream_,
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
    if (const std::int64_t frees = pool_.frees() + repeated_.frees(); frees != frees_) {
      graphs_.clear();
      frees_ = frees;
    }
    GraphCache::Key key(operands.begin(), operands.end());
    const cuda::QueryTiles tiles = batch_.tiles();
    for (const std::int64_t part :
         {tiles.count, static_cast<std::int64_t>(tiles.queries), tiles.shared_count,
          static_cast<std::int64_t>(batch_.spans()),
          static_cast<std::int64_t>(reinterpret_cast<std::intptr_t>(batch_.tables()))})
      key.push_back(part);
    repeating_ = true;
    try {
      graphs_.run(key, stream_, body, [this](int step) {
        return collectives_ ? collectives_->least_of_all(step) : step;
      });
      if (collectives_) collectives_->launched(stream_);
    } catch (...) {
      repeating_ = false;
      throw;
    }
    repeating_ = false;
  }

  void silu_mul(const float* x, std::int64_t rows, std::int64_t width, float* out) const override {
    cuda::silu_mul(stream_, x, rows, width, {out});
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
    collectives_->gather_columns(columns, stream_, scratch_pool());
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
    const auto bytes = rows * static_cast<std::int64_t>(sizeof(SoftmaxStats));
    const Scratch memory(pool_, stream_, bytes);
    cuda::softmax_stats(stream_, logits, rows, width, memory.as<SoftmaxStats>());
    copy_to_host(stats, memory.as<void>(), bytes, stream_);
    await_results();
  }

  void largest_logits(const float* logits, std::int64_t rows, std::int64_t width,
                      RankedLogit* largest) const override {
    const auto bytes = rows * static_cast<std::int64_t>(sizeof(SoftmaxStats));
    const Scratch memory(pool_, stream_, bytes);
    cuda::largest_logits(stream_, logits, rows, width, memory.as<SoftmaxStats>());
    std::vector<SoftmaxStats> stats(static_cast<std::size_t>(rows));
    copy_to_host(stats.data(), memory.as<void>(), bytes, stream_);
    await_results();
    for (const SoftmaxStats& one : stats) *largest++ = {one.argmax, one.max};
  }
  void exp_sums(const float* logits, std::int64_t rows, std::int64_t width, const float* largest,
                float* sums) const override {
    const Scratch shifts = on_device(std::span(largest, static_cast<std::size_t>(rows)));
    const std::int64_t count = rows * ((width + kLogitBlock - 1) / kLogitBlock);
    const Scratch memory(pool_, stream_, count * kWord);
    cuda::exp_sums(stream_, logits, rows, width, shifts.as<float>(), memory.as<float>());
    download(memory.as<float>(), count, sums);
  }

  void pick(const float* logits, std::int64_t width, std::span<const LogitAt> at,
            float* values) const override {
    if (at.empty()) return;
    const Scratch index = on_device(at);
    const auto count = static_cast<std::int64_t>(at.size());
    const Scratch picked(pool_, stream_, count * kWord);
    cuda::pick(stream_, logits, width, index.as<LogitAt>(), count, picked.as<float>());
    download(picked.as<float>(), count, values);
  }

  std::vector<RankedLogit> largest(const float* logits, std::int64_t width,
                                   std::span<const std::int32_t> counts) const override {
    std::vector<cuda::LargestRow> wanted;
    std::int32_t total = 0;
    for (std::size_t row = 0; row < counts.size(); ++row) {
      if (counts[row] > 0) wanted.push_back({static_cast<std::int64_t>(row), total, counts[row]});
      total += counts[row];
    }
    if (total == 0) return {};
    const Scratch rows = on_device(std::span<const cuda::LargestRow>(wanted));
    const Scratch ids(pool_, stream_, total * kWord), values(pool_, stream_, total * kWord);
    cuda::largest(stream_, logits, width, rows.as<cuda::LargestRow>(),
                  static_cast<std::int64_t>(wanted.size()), ids.as<std::int32_t>(),
                  values.as<float>());
    std::vector<std::int32_t> found(static_cast<std::size_t>(total));
    std::vector<float> sizes(found.size());
    copy_to_host(found.data(), ids.as<void>(), total * kWord, stream_);
    download(values.as<float>(), total, sizes.data());
    std::vector<RankedLogit> ranked(found.size());
    for (std::size_t i = 0; i < found.size(); ++i) ranked[i] = {found[i], sizes[i]};
    return ranked;
  }

  std::int64_t head_chunk_bytes() const override { return kCudaHeadChunkBytes; }
  std::int64_t mlp_tile_rows() const override { return kCudaMlpTileRows; }
  bool samples() const override { return true; }
  /// What keeps more candidates than the device does is drawn by the host from that row alone.
  void sample(const float* logits, std::int64_t width, std::span<const SampleQuery> queries,
              SampledToken* tokens) const override {
    const SampleTables tables(queries, width);
    const Scratch rows = on_device(std::span<const cuda::SampleRow>(tables.rows)),
                  histories = on_device(std::span<const std::int32_t>(tables.histories));
    const auto count = static_cast<std::int64_t>(queries.size());
    const Scratch ids(pool_, stream_, count * kWord), values(pool_, stream_, count * kWord);
    cuda::sample(stream_, logits, width, rows.as<cuda::SampleRow>(), count,
                 histories.as<std::int32_t>(), tables.most_vocab, ids.as<std::int32_t>(),
                 values.as<float>());
    std::vector<std::int32_t> found(queries.size());
    std::vector<float> sizes(queries.size()), row;
    copy_to_host(found.data(), ids.as<void>(), count * kWord, stream_);
    download(values.as<float>(), count, sizes.data());
    for (std::size_t i = 0; i < queries.size(); ++i) {
      tokens[i].id = found[i];
      tokens[i].logprob = sizes[i];
      if (found[i] >= 0) continue;
      row.resize(static_cast<std::size_t>(width));
      download(logits + static_cast<std::int64_t>(i) * width, width, row.data());
      tokens[i].id = sample_token(row, queries[i]);
      tokens[i].logprob = row[static_cast<std::size_t>(tokens[i].id)];
    }
  }

  SoftmaxStats softmax_stats_of(const float* logits, std::int64_t width) const override {
    return host_->softmax_stats_of(logits, width);
  }
  float exp_of(float x) const override { return host_->exp_of(x); }

  RopeTable rope_table(std::span<const double> frequencies, double factor,
                       std::int64_t positions) const override {
    RopeTable table = host_->rope_table(frequencies, factor, positions);
    const std::int64_t count = table.positions * table.half;
    float* memory = acquire(2 * count * kWord);
    table.placed = {memory, [this](const void* p) { pool_.release(const_cast<void*>(p)); }};
    upload(table.cosines.data(), count, memory);
    upload(table.sines.data(), count, memory + count);
    return table;
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

  /// The weight, which work on the stream may use from now on.
  const DeviceMatrix& awaited(const PackedWeight& weight) const {
    const auto& matrix = dynamic_cast<const DeviceMatrix&>(weight);
    if (!matrix.awaited) matrix.ready.order(stream_);  // once: the stream keeps its order
    matrix.awaited = true;
    return matrix;
  }

  /// Told by an error like a kernel of ours.
  void run(const GemmCall& call) const {
    begin_launch({.other = "a product of cuBLASLt, " + std::to_string(call.m) + " rows, " +
                           std::to_string(call.n) + " x " + std::to_string(call.k)});
    gemm_->run(call);
    end_launch(stream_);
  }

  // The operand of a product: rows in its element type, dense but for fp32 rows as they are.
  void set_operand(GemmCall& call, const Rows& a, std::optional<Scratch>& taken) const {
    if (!options_.bf16) {
      call.a = a.rows;
      call.a_stride = a.stride;
      return;
    }
    taken.emplace(scratch_pool(), stream_, call.m * call.k * 2);
    call.a = taken->as<void>();
    cuda::narrow_rows(stream_, a.rows, a.stride, call.m, call.k, taken->as<void>());
  }
  void set_operand(GemmCall& call, const Normed& a, std::optional<Scratch>&) const {
    call.a = a.scratch;
    if (a.kind == NormKind::kLayer)
      return cuda::norm_parts(stream_, a.x, call.k, call.m, 1, call.k,
                              weights_of({a.weight, a.eps, a.kind, a.bias}, call.k),
                              {a.scratch, options_.bf16}, call.k);
    cuda::rms_norm(stream_, a.x, call.m, a.weight.data(), call.k, a.eps,
                   {a.scratch, options_.bf16});
  }
  void set_operand(GemmCall& call, const Gated& a, std::optional<Scratch>&) const {
    call.a = a.scratch;
    cuda::activate(stream_, a.activation, a.alone, a.gate_up, call.m, call.k,
                   {a.scratch, options_.bf16});
  }
  void set_operand(GemmCall& call, const Attended& a, std::optional<Scratch>&) const {
    call.a = a.operand;
  }

  /// For parts of `all` elements together. Uploads keep their order, but no matrix was waited for.
  cuda::NormWeights weights_of(const NormRule& norm, std::int64_t all) const {
    return {norm.weight.data(), norm.bias.empty() ? nullptr : norm.bias.data(), norm.eps,
            norm.kind == NormKind::kLayer, static_cast<std::int64_t>(norm.weight.size()) == all};
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

  DevicePool& scratch_pool() const { return repeating_ ? repeated_ : pool_; }

  const CudaOptions options_;
  const CudaDevice device_;
  const std::unique_ptr<Backend> host_;  // what is computed in the host's memory
  const Stream stream_;
  mutable DevicePool pool_;      // activations
  mutable DevicePool repeated_;  // what recorded steps take for themselves: nobody else's
  mutable DevicePool weights_;   // one after the other where they are streamed
  mutable WeightUpload upload_;
  const std::unique_ptr<Gemm> gemm_;
  const bool wgmma_;  // attention of many queries
  mutable DeviceBatch batch_{pool_, stream_, device_.block_shared_bytes};
  mutable AttentionShape shape_;                            // of the last attention
  mutable std::unique_ptr<DeviceCollectives> collectives_;  // null until the first gather
  mutable GraphCache graphs_;
  mutable std::int64_t frees_ = 0;
  mutable bool repeating_ = false;
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
