#include "engine/model/model.h"

#include <optional>

#include "base/errors.h"
#include "engine/backend/backend.h"
#include "engine/model/transformer_block.h"
#include "engine/model/vocabulary_head.h"
#include "engine/model/weights/shared_weights.h"
#include "engine/model/weights/spread_weights.h"
#include "engine/model/weights/weight_provider.h"
#include "engine/model/workspace.h"

namespace flm {
namespace {

/// One rank's share of a model of blocks (engine/checkpoint/config/block.h).
class LlamaModel : public Model {
 public:
  LlamaModel(const ModelConfig& config, std::shared_ptr<WeightTable> table,
             Communicator& communicator, std::unique_ptr<Backend> backend,
             const ModelOptions& options)
      : config_(config),
        table_(table),
        communicator_(communicator),
        spread_(options.spread),
        backend_(std::move(backend)),
        shared_(options.shared),
        block_(config_, communicator, *backend_),
        weights_(make_weights(options)),
        head_(config_, *backend_, communicator),
        streamed_(options.stream_weights || options.spread),
        first_(options.first_layer),
        end_(options.end_layer > 0 ? options.end_layer : config_.layers) {}

  void load_weights() override {
    if (spread_) spread_->load();
    if (streamed_) return;
    if (has_embedding()) (void)embedding();
    for (int layer = first_; layer < end_; ++layer) (void)weights_->layer(layer);
    if (has_head()) (void)weights_->head();
  }

  std::optional<std::vector<HeadAnswer>> score(const PackedBatch& batch,
                                               std::span<const HeadQuery> queries,
                                               const PassControl& control) override {
    for (std::int32_t r = 0; r < batch.rows(); ++r)
      FLM_CHECK(batch.slots[static_cast<std::size_t>(r)] == r,
                "a scoring batch's slots are its rows");
    std::optional<KvCache> scratch;
    if (backend_->wants_kv_slots())
      scratch.emplace(*backend_, batch.rows(), block_.shard().kv.size(), 1);
    Workspace workspace;
    const std::optional<LayerRows> last =
        run_layers(batch, workspace, scratch ? &*scratch : nullptr, control);
    if (!last) return std::nullopt;
    if (!has_head()) {
      hand_on(*last, *control.stream);
      if (control.another) weights_->prefetch(first_);
      return std::vector<HeadAnswer>();
    }
    return head_.answer(last->x, last->batch->head_rows, queries, *take_head(control.another));
  }

  std::unique_ptr<KvStorage> make_kv_storage(std::int32_t slots) override {
    return std::make_unique<GenerationKv>(*backend_, slots, block_.shard().kv.size(),
                                          end_ - first_);
  }

  const std::vector<float>& forward(const PackedBatch& batch, KvStorage& storage) override {
    auto& kv = dynamic_cast<GenerationKv&>(storage);
    const LayerRows last = run_step(batch, kv);
    kv.logits.clear();
    if (!has_head())
      hand_on(last, kv.stream);
    else if (!batch.head_rows.empty())
      head_.logits(last.x, last.batch->head_rows, *take_head(true), kv.logits);
    return kv.logits;
  }

  std::vector<SampledToken> sample(const PackedBatch& batch, KvStorage& storage,
                                   std::span<const SampleQuery> queries) override {
    if (!has_head() || !backend_->samples() || queries.empty()) {
      if (has_head() && communicator_.rank() == 0) return Model::sample(batch, storage, queries);
      (void)forward(batch, storage);
      return {};
    }
    auto& kv = dynamic_cast<GenerationKv&>(storage);
    const LayerRows last = run_step(batch, kv);
    return head_.sample(last.x, last.batch->head_rows, queries, *take_head(true));
  }

  float log_sum_exp(std::span<const float> logits) const override {
    return head_.log_sum_exp(logits);
  }

 private:
  bool has_embedding() const { return first_ == 0; }
  bool has_head() const { return end_ == config_.layers; }

  /// One of generation.
  LayerRows run_step(const PackedBatch& batch, GenerationKv& kv) {
    PassControl control;
    control.stream = &kv.stream;
    return run_layers(batch, kv.workspace, &kv, control).value();
  }

  /// Of all rows: a stage that is not the last runs none for the head alone.
  void hand_on(const LayerRows& last, std::vector<float>& stream) const {
    stream.resize(static_cast<std::size_t>(last.count * config_.hidden));
    backend_->download(last.x, last.count * config_.hidden, stream.data());
  }

  /// What the first layer takes.
  void enter(const PackedBatch& batch, const PassControl& control, float* x) {
    if (has_embedding()) return backend_->embed(embedding(), batch.ids, config_.embedding_scale, x);
    const auto count = static_cast<std::int64_t>(control.stream->size());
    FLM_CHECK(count == batch.rows() * config_.hidden, "rows of another batch between two stages");
    backend_->upload(control.stream->data(), count, x);
  }

  /// The residual stream after the last layer, before the final norm: of all rows, or of the head
  /// rows where nobody reads the others. Nothing where the pass was given up.
  std::optional<LayerRows> run_layers(const PackedBatch& batch, Workspace& workspace,
                                      KvCache* storage, const PassControl& control) {
    const std::int64_t rows = batch.rows();
    block_.begin(batch);
    block_.grow(workspace, rows);
    enter(batch, control, workspace.x.get());
    LayerRows at{&batch, rows, workspace.x.get(), workspace.qkv.get(), workspace.delta.get()};
    bool done = true;
    const auto layers = [&] { done = run_each_layer(at, workspace, storage, control); };
    if (repeats(batch, storage))
      backend_->replay(operands_of(workspace, *storage, rows), layers);
    else
      layers();
    return done ? std::optional(at) : std::nullopt;
  }

  std::unique_ptr<WeightProvider> make_weights(const ModelOptions& options) const {
    if (spread_) return spread_->provider(options.beside, *backend_);
    if (options.stream_weights)
      return make_streamed_weights(config_, table_, block_.shard(), *backend_);
    if (shared_) return shared_->resident(communicator_.rank());
    return make_resident_weights(config_, table_, block_.shard(), *backend_);
  }

  const PackedWeight& embedding() {
    if (shared_) return shared_->embedding();
    if (!embedding_) embedding_ = pack_embedding(config_, *table_, *backend_);
    return *embedding_;
  }

  /// The head's weights, and the first layer on its way where another pass follows.
  std::shared_ptr<const HeadWeights> take_head(bool another) {
    std::shared_ptr<const HeadWeights> head = weights_->head();
    if (another) weights_->prefetch(first_);
    return head;
  }

  /// Whether a step like this one comes again and again: decoding with weights that stay.
  bool repeats(const PackedBatch& batch, const KvCache* storage) const {
    return storage && !streamed_ && (communicator_.size() == 1 || backend_->records_gathers()) &&
           storage->slots() > batch.rows() && batch.head_rows.size() == batch.ids.size() &&
           batch.copies.empty();
  }

  /// All that a step's operations take beside the batch and the weights.
  std::vector<std::int64_t> operands_of(const Workspace& workspace, const KvCache& storage,
                                        std::int64_t rows) const {
    std::vector<std::int64_t> operands = {rows};
    const auto add = [&](const void* p) { operands.push_back(reinterpret_cast<std::intptr_t>(p)); };
    for (const Buffer* buffer :
         {&workspace.x, &workspace.delta, &workspace.qkv, &workspace.attended, &workspace.gate_up,
          &workspace.product, &workspace.all_heads, &workspace.all_products})
      add(buffer->get());
    for (int layer = 0; layer < end_ - first_; ++layer) {
      add(storage.slots_of(layer).keys);
      add(storage.slots_of(layer).values);
    }
    block_.append_operands(operands);
    return operands;
  }

  /// Whether all were run.
  bool run_each_layer(LayerRows& at, const Workspace& workspace, KvCache* storage,
                      const PassControl& control) {
    const bool narrows = block_.few_head_rows(*at.batch), heads = !at.batch->head_rows.empty();
    for (int layer = first_; layer < end_; ++layer) {
      if (control.go_on && !control.go_on(static_cast<double>(layer) / config_.layers))
        return false;
      const std::shared_ptr<const LayerWeights> weights = weights_->layer(layer);
      const bool last = layer + 1 == config_.layers;
      if (layer + 1 < end_)
        weights_->prefetch(layer + 1);
      else if (last && heads)
        weights_->prefetch_head();
      block_.run(*weights, config_.block.layer(layer), workspace,
                 storage ? storage->slots_of(layer - first_) : KvSlots{}, last && narrows, at);
      // Else all layers would be asked for at once, and none could be given up.
      if (streamed_) backend_->keep_pace();
    }
    return true;
  }

  const ModelConfig config_;
  const std::shared_ptr<WeightTable> table_;
  Communicator& communicator_;
  const std::shared_ptr<SpreadWeights> spread_;  // ahead of the backend, which reads its memory
  const std::unique_ptr<Backend> backend_;
  std::unique_ptr<PackedWeight> embedding_;      // null until its first use
  const std::shared_ptr<SharedWeights> shared_;  // null: all is this model's own
  TransformerBlock block_;
  const std::unique_ptr<WeightProvider> weights_;
  const VocabularyHead head_;
  const bool streamed_;    // layers come and go
  const int first_, end_;  // layers that it has
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
