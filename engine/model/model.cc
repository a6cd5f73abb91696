#include "engine/model/model.h"

#include <algorithm>
#include <optional>

#include "base/errors.h"
#include "engine/model/backend.h"
#include "engine/model/key_tile.h"
#include "engine/model/vocabulary_head.h"
#include "engine/model/weight_provider.h"
#include "engine/parallel/shard.h"

namespace flm {
namespace {

/// Keys and values of all layers, a buffer [slots][kv] for each, in the backend's own element type.
/// With one layer it holds those of whichever layer runs.
class LayeredKv : public KvStorage {
 public:
  LayeredKv(const Backend& backend, std::int32_t slots, std::int64_t width, int layers)
      : slots_(slots) {
    const std::int64_t whole_tiles = (slots + kKeyTile - 1) / kKeyTile * kKeyTile;
    const std::int64_t bytes = whole_tiles * width * backend.kv_element_bytes();
    for (int layer = 0; layer < layers; ++layer) {
      keys_.push_back(backend.allocate(bytes));
      values_.push_back(backend.allocate(bytes));
    }
  }
  std::int32_t slots() const override { return slots_; }
  float* keys(int layer) { return keys_[at(layer)].get(); }
  float* values(int layer) { return values_[at(layer)].get(); }

 private:
  std::size_t at(int layer) const {
    return keys_.size() == 1 ? 0 : static_cast<std::size_t>(layer);
  }

  std::int32_t slots_;
  std::vector<Buffer> keys_, values_;
};

/// What the rows of one forward pass need beside K/V.
struct Workspace {
  std::int64_t rows = 0, tile_rows = 0;  // there is room for
  Buffer x;                              // residual stream [rows, hidden]
  Buffer delta;                          // normed input, then the block's output [rows, hidden]
  Buffer qkv;                            // [rows, q + 2 kv]
  Buffer attended;                       // the operand of o [rows, q], where attention makes one
  // Rows that go through gate, up and down at a time: [tile_rows, 2 * intermediate] and
  // [tile_rows, intermediate].
  Buffer gate_up, product;
};

/// What a layer works on.
struct Stream {
  const PackedBatch* batch = nullptr;
  float* x = nullptr;        // residual stream [rows, hidden]
  float* queries = nullptr;  // [rows, q + 2 kv]; the result of attention takes their place
  float* delta = nullptr;    // [rows, hidden]
};

/// Generation takes many small steps: its memory stays, for fresh memory would be cleared each
/// time.
class GenerationKv : public LayeredKv {
 public:
  using LayeredKv::LayeredKv;
  Workspace workspace;
  std::vector<float> logits;
};

/// One rank's share of a Llama block model.
class LlamaModel : public Model {
 public:
  LlamaModel(const ModelConfig& config, std::shared_ptr<WeightTable> table,
             Communicator& communicator, std::unique_ptr<Backend> backend,
             const ModelOptions& options)
      : config_(config),
        table_(table),
        communicator_(communicator),
        shard_(config, communicator.rank(), communicator.size()),
        backend_(std::move(backend)),
        weights_((options.stream_weights ? make_streamed_weights : make_resident_weights)(
            config, table, shard_, communicator.rank() == 0, *backend_)),
        head_(config_, *backend_, communicator),
        rotary_(rotary_frequencies(config)),
        streamed_(options.stream_weights),
        heads_(static_cast<int>(shard_.heads.size())),
        kv_heads_(static_cast<int>(shard_.kv_heads.size())),
        qkv_width_(shard_.q.size() + 2 * shard_.kv.size()) {}

  void load_weights() override {
    if (streamed_) return;
    (void)embedding();
    for (int layer = 0; layer < config_.layers; ++layer) (void)weights_->layer(layer);
    (void)weights_->head();
  }

  std::optional<std::vector<HeadAnswer>> score(const PackedBatch& batch,
                                               std::span<const HeadQuery> queries,
                                               const PassControl& control) override {
    for (std::int32_t r = 0; r < batch.rows(); ++r)
      FLM_CHECK(batch.slots[static_cast<std::size_t>(r)] == r,
                "a scoring batch's slots are its rows");
    std::optional<LayeredKv> scratch;
    if (backend_->wants_kv_slots()) scratch.emplace(*backend_, batch.rows(), shard_.kv.size(), 1);
    Workspace workspace;
    const std::optional<Stream> last =
        run_layers(batch, workspace, scratch ? &*scratch : nullptr, control);
    if (!last) return std::nullopt;
    return head_.answer(last->x, last->batch->head_rows, queries, *take_head(control.another));
  }

  std::unique_ptr<KvStorage> make_kv_storage(std::int32_t slots) override {
    return std::make_unique<GenerationKv>(*backend_, slots, shard_.kv.size(), config_.layers);
  }

  const std::vector<float>& forward(const PackedBatch& batch, KvStorage& storage) override {
    auto& kv = dynamic_cast<GenerationKv&>(storage);
    const Stream last = run_layers(batch, kv.workspace, &kv, {}).value();
    kv.logits.clear();
    if (!batch.head_rows.empty())
      head_.logits(last.x, last.batch->head_rows, *take_head(true), kv.logits);
    return kv.logits;
  }

  std::vector<SampledToken> sample(const PackedBatch& batch, KvStorage& storage,
                                   std::span<const SampleQuery> queries) override {
    if (communicator_.size() > 1 || !backend_->samples() || queries.empty())
      return Model::sample(batch, storage, queries);
    auto& kv = dynamic_cast<GenerationKv&>(storage);
    const Stream last = run_layers(batch, kv.workspace, &kv, {}).value();
    return head_.sample(last.x, last.batch->head_rows, queries, *take_head(true));
  }

  float log_sum_exp(std::span<const float> logits) const override {
    return head_.log_sum_exp(logits);
  }

 private:
  /// The residual stream after the last layer, before the final norm: of all rows, or of the head
  /// rows where nobody reads the others. Nothing where the pass was given up.
  std::optional<Stream> run_layers(const PackedBatch& batch, Workspace& workspace,
                                   LayeredKv* storage, const PassControl& control) {
    const std::int64_t rows = batch.rows();
    grow_rope_table(batch);
    backend_->begin(batch);
    grow(workspace, rows);
    backend_->embed(embedding(), batch.ids, config_.embedding_scale, workspace.x.get());
    Stream stream{&batch, workspace.x.get(), workspace.qkv.get(), workspace.delta.get()};
    bool done = true;
    const auto layers = [&] { done = run_each_layer(stream, workspace, storage, control); };
    if (repeats(batch, storage))
      backend_->repeat(operands_of(workspace, *storage, rows), layers);
    else
      layers();
    return done ? std::optional(stream) : std::nullopt;
  }

  const PackedWeight& embedding() {
    if (!embedding_) embedding_ = pack_embedding(*table_, *backend_);
    return *embedding_;
  }

  /// The head's weights, and the first layer on its way where another pass follows.
  std::shared_ptr<const HeadWeights> take_head(bool another) {
    std::shared_ptr<const HeadWeights> head = weights_->head();
    if (another) weights_->prefetch(0);
    return head;
  }

  /// Whether a step like this one comes again and again: decoding with weights that stay.
  bool repeats(const PackedBatch& batch, const LayeredKv* storage) const {
    return storage && !streamed_ && communicator_.size() == 1 && storage->slots() > batch.rows() &&
           batch.head_rows.size() == batch.ids.size();
  }

  /// All that a step's operations take beside the batch and the weights.
  std::vector<std::int64_t> operands_of(const Workspace& workspace, LayeredKv& storage,
                                        std::int64_t rows) const {
    std::vector<std::int64_t> operands = {rows};
    const auto add = [&](const void* p) { operands.push_back(reinterpret_cast<std::intptr_t>(p)); };
    for (const Buffer* buffer : {&workspace.x, &workspace.delta, &workspace.qkv,
                                 &workspace.attended, &workspace.gate_up, &workspace.product})
      add(buffer->get());
    for (int layer = 0; layer < config_.layers; ++layer) {
      add(storage.keys(layer));
      add(storage.values(layer));
    }
    add(rope_.placed.get());
    operands.push_back(rope_.positions);  // the sines lie behind so many cosines
    return operands;
  }

  /// Whether all were run.
  bool run_each_layer(Stream& stream, const Workspace& workspace, LayeredKv* storage,
                      const PassControl& control) {
    const bool narrows = few_head_rows(*stream.batch), heads = !stream.batch->head_rows.empty();
    for (int layer = 0; layer < config_.layers; ++layer) {
      if (control.go_on && !control.go_on(static_cast<double>(layer) / config_.layers))
        return false;
      const std::shared_ptr<const LayerWeights> weights = weights_->layer(layer);
      const bool last = layer + 1 == config_.layers;
      if (!last)
        weights_->prefetch(layer + 1);
      else if (heads)
        weights_->prefetch_head();
      AttentionArgs args = project(*weights, layer, stream, storage);
      if (last && narrows) stream = head_rows_only(stream);
      args.queries = stream.queries;
      args.operand = workspace.attended.get();
      attend(*weights, stream, args);
      mlp_block(*weights, workspace, stream);
      // Else all layers would be asked for at once, and none could be given up.
      if (streamed_) backend_->keep_pace();
    }
    return true;
  }

  /// Whether the head rows' stream, queries and delta fit where the stream of all rows was.
  bool few_head_rows(const PackedBatch& batch) const {
    const auto heads = static_cast<std::int64_t>(batch.head_rows.size());
    return queries_behind(heads) + heads * qkv_width_ <= batch.rows() * config_.hidden;
  }
  /// Where queries lie behind so many rows of the residual stream, in floats: aligned as memory of
  /// its own is.
  std::int64_t queries_behind(std::int64_t rows) const {
    constexpr std::int64_t kAlignment = 64;
    return (rows * config_.hidden + kAlignment - 1) / kAlignment * kAlignment;
  }

  /// Behind the last layer's keys and values only the head rows are read: the others end here.
  Stream head_rows_only(const Stream& all) {
    const std::span<const std::int32_t> rows = all.batch->head_rows;
    const auto count = static_cast<std::int64_t>(rows.size());
    head_rows_ = head_rows_of(*all.batch);
    Stream stream{&head_rows_, all.delta, all.x + queries_behind(count), all.x};
    if (count == 0) return stream;
    backend_->begin(head_rows_);
    backend_->gather_rows(all.x, config_.hidden, rows, stream.x);
    backend_->gather_rows(all.queries, qkv_width_, rows, stream.queries);
    return stream;
  }

  void grow(Workspace& workspace, std::int64_t rows) const {
    if (rows <= workspace.rows) return;
    const std::int64_t f = shard_.intermediate.size();
    workspace = {};  // the old memory goes before the new one comes
    workspace.rows = rows;
    workspace.tile_rows = std::min(backend_->mlp_tile_rows(), rows);
    workspace.x = uninitialised(rows * config_.hidden);
    workspace.delta = uninitialised(rows * config_.hidden);
    workspace.qkv = uninitialised(rows * qkv_width_);
    if (const std::int64_t bytes = backend_->operand_element_bytes(); bytes > 0)
      workspace.attended = backend_->allocate(rows * shard_.q.size() * bytes);
    workspace.gate_up = uninitialised(workspace.tile_rows * 2 * f);
    workspace.product = uninitialised(workspace.tile_rows * f);
  }

  /// q, k, v = qkv(norm(x)), turned; keys and values go to the storage where there is one.
  AttentionArgs project(const LayerWeights& weights, int layer, const Stream& stream,
                        LayeredKv* storage) {
    const PackedBatch& batch = *stream.batch;
    const std::int64_t h = config_.hidden, q = shard_.q.size(), kv = shard_.kv.size();
    float* qkv = stream.queries;
    FusedProduct in{stream.x, h, batch.rows(), weights.attention_norm, eps()};
    in.bias = weights.qkv_bias;
    in.c = qkv;
    in.scratch = stream.delta;
    backend_->fused_matmul(in, *weights.qkv);
    AttentionArgs args{qkv,    qkv_width_, qkv + q,          qkv + q + kv,           qkv_width_,
                       heads_, kv_heads_,  config_.head_dim, config_.attention_scale};
    backend_->rope_store_kv(batch, rope_, storage ? storage->keys(layer) : nullptr,
                            storage ? storage->values(layer) : nullptr, args);
    return args;
  }

  /// x += o(attention(q, k, v))
  void attend(const LayerWeights& weights, const Stream& stream, const AttentionArgs& args) {
    const std::int64_t rows = stream.batch->rows();
    if (rows == 0) return;
    backend_->attention(*stream.batch, args);
    FusedProduct out{args.queries, args.query_stride, rows};
    out.operand = args.operand;
    out.bias = weights.o_bias;
    out.c = stream.delta;
    add_to(stream.x, out);
    backend_->fused_matmul(out, *weights.o);
    add_over_ranks(stream.x, stream.delta, rows * config_.hidden);
  }

  /// x += down(silu(gate(norm(x))) * up(norm(x))), some rows at a time
  void mlp_block(const LayerWeights& weights, const Workspace& tile, const Stream& stream) {
    const std::int64_t h = config_.hidden, f = shard_.intermediate.size();
    const std::int64_t rows = stream.batch->rows();
    for (std::int64_t r = 0; r < rows; r += tile.tile_rows) {
      const std::int64_t count = std::min(tile.tile_rows, rows - r);
      float *x = stream.x + r * h, *delta = stream.delta + r * h;
      FusedProduct in{x, h, count, weights.mlp_norm, eps()};
      in.bias = weights.gate_up_bias;
      in.c = tile.gate_up.get();
      in.scratch = delta;
      backend_->fused_matmul(in, *weights.gate_up);
      FusedProduct out{tile.gate_up.get(), 2 * f, count};
      out.gated = true;
      out.bias = weights.down_bias;
      out.c = delta;
      out.scratch = tile.product.get();
      add_to(x, out);
      backend_->fused_matmul(out, *weights.down);
    }
    if (rows > 0) add_over_ranks(stream.x, stream.delta, rows * h);
  }

  /// The residual add of a product that is whole, and of one that is a part of a sum over ranks.
  void add_to(float* x, FusedProduct& product) const {
    if (communicator_.size() > 1) return;
    product.x = x;
    product.scale = config_.residual_scale;
  }
  void add_over_ranks(float* x, float* delta, std::int64_t count) {
    if (communicator_.size() == 1) return;
    backend_->all_reduce(communicator_, delta, count);
    backend_->add_residual(x, delta, config_.residual_scale, count);
  }

  Buffer uninitialised(std::int64_t floats) const {
    return backend_->allocate(floats * static_cast<std::int64_t>(sizeof(float)));
  }

  void grow_rope_table(const PackedBatch& batch) {
    const std::int64_t last = *std::max_element(batch.positions.begin(), batch.positions.end());
    if (last < rope_.positions) return;
    const std::int64_t positions = (last + 512) / 512 * 512;
    rope_ = backend_->rope_table(rotary_.inv_freq, rotary_.attention_factor, positions);
  }

  float eps() const { return static_cast<float>(config_.norm_eps); }

  const ModelConfig config_;
  const std::shared_ptr<WeightTable> table_;
  Communicator& communicator_;
  const ShardPlan shard_;
  const std::unique_ptr<Backend> backend_;
  std::unique_ptr<PackedWeight> embedding_;  // null until its first use
  const std::unique_ptr<WeightProvider> weights_;
  const VocabularyHead head_;
  const RotaryFrequencies rotary_;
  const bool streamed_;
  const int heads_, kv_heads_;
  const std::int64_t qkv_width_;
  RopeTable rope_;
  PackedBatch head_rows_;  // of a batch that ends with them alone
};

}  // namespace

std::unique_ptr<Model> Model::create(const ModelConfig& config,
                                     std::shared_ptr<WeightTable> weights,
                                     Communicator& communicator, std::unique_ptr<Backend> backend,
                                     const ModelOptions& options) {
  check_ranks(config, communicator.size());
  backend->check_shape(config);
  return std::make_unique<LlamaModel>(config, std::move(weights), communicator, std::move(backend),
                                      options);
}

}  // namespace flm
