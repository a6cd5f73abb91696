#include "engine/model/model.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/errors.h"
#include "engine/model/backend.h"
#include "engine/model/model_cost.h"
#include "engine/model/shared_weights.h"
#include "engine/model/spread_weights.h"
#include "engine/model/vocabulary_head.h"
#include "engine/model/weight_provider.h"
#include "engine/model/workspace.h"
#include "engine/numerics/logarithm.h"
#include "engine/parallel/shard.h"

namespace flm {
namespace {

/// One rank's share of a model of blocks (engine/checkpoint/block.h).
class LlamaModel : public Model {
 public:
  LlamaModel(const ModelConfig& config, std::shared_ptr<WeightTable> table,
             Communicator& communicator, std::unique_ptr<Backend> backend,
             const ModelOptions& options)
      : config_(config),
        table_(table),
        communicator_(communicator),
        shard_(config, communicator.rank(), communicator.size()),
        q_parts_(parts_of(config, communicator.size(), &ShardPlan::q)),
        hidden_parts_(parts_of(config, communicator.size(), &ShardPlan::hidden)),
        product_parts_(parts_of(config, communicator.size(), &ShardPlan::intermediate)),
        spread_(options.spread),
        backend_(std::move(backend)),
        shared_(options.shared),
        weights_(make_weights(options)),
        head_(config_, *backend_, communicator),
        rotations_{{{rotary_frequencies(config, Rotation::kMain), {}},
                    {rotations_of(config) > 1 ? rotary_frequencies(config, Rotation::kLocal)
                                              : RotaryFrequencies{},
                     {}},
                    {}}},
        streamed_(options.stream_weights || options.spread),
        heads_(static_cast<int>(shard_.heads.size())),
        kv_heads_(static_cast<int>(shard_.kv_heads.size())),
        qkv_width_(shard_.q.size() + 2 * shard_.kv.size()) {}

  void load_weights() override {
    if (spread_) spread_->load();
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
    std::optional<KvCache> scratch;
    if (backend_->wants_kv_slots()) scratch.emplace(*backend_, batch.rows(), shard_.kv.size(), 1);
    Workspace workspace;
    const std::optional<LayerRows> last =
        run_layers(batch, workspace, scratch ? &*scratch : nullptr, control);
    if (!last) return std::nullopt;
    return head_.answer(last->x, last->batch->head_rows, queries, *take_head(control.another));
  }

  std::unique_ptr<KvStorage> make_kv_storage(std::int32_t slots) override {
    return std::make_unique<GenerationKv>(*backend_, slots, shard_.kv.size(), config_.layers);
  }

  const std::vector<float>& forward(const PackedBatch& batch, KvStorage& storage) override {
    auto& kv = dynamic_cast<GenerationKv&>(storage);
    const LayerRows last = run_layers(batch, kv.workspace, &kv, {}).value();
    kv.logits.clear();
    if (!batch.head_rows.empty())
      head_.logits(last.x, last.batch->head_rows, *take_head(true), kv.logits);
    return kv.logits;
  }

  std::vector<SampledToken> sample(const PackedBatch& batch, KvStorage& storage,
                                   std::span<const SampleQuery> queries) override {
    if (!backend_->samples() || queries.empty()) {
      if (communicator_.rank() == 0) return Model::sample(batch, storage, queries);
      (void)forward(batch, storage);
      return {};
    }
    auto& kv = dynamic_cast<GenerationKv&>(storage);
    const LayerRows last = run_layers(batch, kv.workspace, &kv, {}).value();
    return head_.sample(last.x, last.batch->head_rows, queries, *take_head(true));
  }

  float log_sum_exp(std::span<const float> logits) const override {
    return head_.log_sum_exp(logits);
  }

 private:
  /// The residual stream after the last layer, before the final norm: of all rows, or of the head
  /// rows where nobody reads the others. Nothing where the pass was given up.
  std::optional<LayerRows> run_layers(const PackedBatch& batch, Workspace& workspace,
                                      KvCache* storage, const PassControl& control) {
    const std::int64_t rows = batch.rows();
    grow_rope_tables(batch);
    query_factors_ = query_factors(batch);
    backend_->begin(batch);
    grow(workspace, rows);
    backend_->embed(embedding(), batch.ids, config_.embedding_scale, workspace.x.get());
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
    if (options.stream_weights) return make_streamed_weights(config_, table_, shard_, *backend_);
    if (shared_) return shared_->resident(communicator_.rank());
    return make_resident_weights(config_, table_, shard_, *backend_);
  }

  const PackedWeight& embedding() {
    if (shared_) return shared_->embedding();
    if (!embedding_) embedding_ = pack_embedding(config_, *table_, *backend_);
    return *embedding_;
  }

  /// The head's weights, and the first layer on its way where another pass follows.
  std::shared_ptr<const HeadWeights> take_head(bool another) {
    std::shared_ptr<const HeadWeights> head = weights_->head();
    if (another) weights_->prefetch(0);
    return head;
  }

  /// Whether a step like this one comes again and again: decoding with weights that stay.
  bool repeats(const PackedBatch& batch, const KvCache* storage) const {
    return storage && !streamed_ && (alone() || backend_->records_gathers()) &&
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
    for (int layer = 0; layer < config_.layers; ++layer) {
      add(storage.slots_of(layer).keys);
      add(storage.slots_of(layer).values);
    }
    for (const Turning& turning : rotations_) {
      add(turning.table.placed.get());
      operands.push_back(turning.table.positions);  // the sines lie behind so many cosines
    }
    return operands;
  }

  /// Whether all were run.
  bool run_each_layer(LayerRows& at, const Workspace& workspace, KvCache* storage,
                      const PassControl& control) {
    const bool narrows = few_head_rows(*at.batch), heads = !at.batch->head_rows.empty();
    for (int layer = 0; layer < config_.layers; ++layer) {
      if (control.go_on && !control.go_on(static_cast<double>(layer) / config_.layers))
        return false;
      const std::shared_ptr<const LayerWeights> weights = weights_->layer(layer);
      const bool last = layer + 1 == config_.layers;
      if (!last)
        weights_->prefetch(layer + 1);
      else if (heads)
        weights_->prefetch_head();
      run_layer(*weights, config_.block.layer(layer), workspace,
                storage ? storage->slots_of(layer) : KvSlots{}, last && narrows, at);
      // Else all layers would be asked for at once, and none could be given up.
      if (streamed_) backend_->keep_pace();
    }
    return true;
  }

  /// x += o(attention(qkv(norm(x)))), then x += down(activation(gate(norm(x))) * up(norm(x))), or
  /// what the block says of it. `narrows`: `at` becomes the head rows once all keys and values are
  /// there.
  void run_layer(const LayerWeights& weights, const LayerRule& rule, const Workspace& workspace,
                 const KvSlots& slots, bool narrows, LayerRows& at) {
    branch_matmul(at, weights.attention_norm, *weights.qkv, weights.qkv_bias, at.qkv);
    AttentionArgs heads = attention_of(at.qkv, rule);
    place_heads(at, weights, rule.rotation, slots, heads);
    if (!at.batch->copies.empty())
      backend_->copy_kv(at.batch->copies, shard_.kv.size(), slots.keys, slots.values);
    if (narrows) at = head_rows_only(at);
    if (at.count == 0) return;
    // Parallel branches take one norm of x: the MLP is added while q, k and v wait.
    if (config_.block.parallel) add_mlp(at, weights, weights.attention_norm, workspace);
    heads.queries = at.qkv;
    heads.operand = workspace.attended.get();
    backend_->attention(*at.batch, heads);
    add_matmul(at, all_heads(at, heads, workspace), *weights.o, weights.o_bias,
               weights.attention_output_norm);
    gather_sum(at, weights.attention_output_norm);
    if (!config_.block.parallel) add_mlp(at, weights, weights.mlp_norm, workspace);
  }

  /// Some rows at a time.
  void add_mlp(const LayerRows& at, const LayerWeights& weights, const PackedNorm& norm,
               const Workspace& workspace) const {
    float* gate_up = workspace.gate_up.get();
    for (std::int64_t row = 0; row < at.count; row += workspace.tile_rows) {
      const LayerRows tile = part_of_rows(at, row, workspace.tile_rows);
      branch_matmul(tile, norm, *weights.gate_up, weights.gate_up_bias, gate_up);
      add_matmul(tile, all_products(tile, gate_up, workspace), *weights.down, weights.down_bias,
                 weights.mlp_output_norm);
    }
    gather_sum(at, weights.mlp_output_norm);
  }

  /// c = norm(x) · weight^T + bias; of x as it is where the block norms no inputs.
  void branch_matmul(const LayerRows& at, const PackedNorm& norm, const PackedWeight& weight,
                     std::span<const float> bias, float* c) const {
    const Assigned out{c, weight.rows()};
    if (!config_.block.norm_inputs)
      return backend_->matmul(Rows{at.x, config_.hidden}, at.count, weight, bias, out);
    const NormRule rule = rule_of(norm, config_.block.norm);
    backend_->matmul(Normed{at.x, rule.weight, rule.eps, at.delta, rule.kind, rule.bias}, at.count,
                     weight, bias, out);
  }

  NormRule rule_of(const PackedNorm& norm, NormKind kind) const {
    return {norm.weight, static_cast<float>(config_.norm_eps), kind, norm.bias};
  }

  /// x += norm(a · weight^T + bias), scaled; with several ranks this one's columns of the sum go to
  /// delta until gather_sum.
  void add_matmul(const LayerRows& at, const ProductInput& a, const PackedWeight& weight,
                  std::span<const float> bias, const PackedNorm& norm) const {
    if (alone() && !config_.block.norm_outputs)
      return backend_->matmul(a, at.count, weight, bias,
                              Added{at.x, config_.residual_scale, at.delta});
    backend_->matmul(a, at.count, weight, bias,
                     Assigned{at.delta + shard_.hidden.begin, config_.hidden});
    if (alone()) add_normed(at, norm);
  }

  /// x += norm(delta), scaled.
  void add_normed(const LayerRows& at, const PackedNorm& norm) const {
    if (config_.block.norm_outputs)
      backend_->norm_parts(at.delta, config_.hidden, at.count, 1, config_.hidden,
                           rule_of(norm, config_.block.norm));
    backend_->add_residual(at.x, at.delta, config_.residual_scale, at.count * config_.hidden);
  }

  bool alone() const { return communicator_.size() == 1; }

  // Of several ranks, each computes some outputs of a product from all of its inputs, which are
  // gathered before: every sum runs over the whole row on one rank, so that its bits are those of
  // one rank alone, and none is added up of parts.
  //
  //   qkv -> attention        | gather heads    | o     | gather columns -> x
  //   gate, up -> activation  | gather products | down  | gather columns -> x

  /// The operand of o.
  ProductInput all_heads(const LayerRows& at, const AttentionArgs& heads,
                         const Workspace& workspace) const {
    if (alone()) return heads.result();
    if (heads.operand)
      return gathered(heads.operand, shard_.q.size(), workspace.all_heads, at.count, q_parts_);
    return gathered(heads.queries, heads.query_stride, workspace.all_heads, at.count, q_parts_);
  }

  /// The operand of down.
  ProductInput all_products(const LayerRows& tile, const float* gate_up,
                            const Workspace& workspace) const {
    const Gated gated{gate_up, workspace.product.get(), config_.block.activation,
                      !config_.block.gated};
    if (alone()) return gated;
    const std::int64_t width = shard_.intermediate.size();
    backend_->make_gated(gated, tile.count, width, workspace.product.get());
    return gathered(workspace.product.get(), width, workspace.all_products, tile.count,
                    product_parts_);
  }

  /// Rows of all ranks' columns side by side, in the element type of an operand.
  ProductInput gathered(const void* mine, std::int64_t stride, const Buffer& whole,
                        std::int64_t rows, std::span<const Range> parts) const {
    const std::int64_t width = parts.back().end, own = backend_->operand_element_bytes();
    const std::int64_t element = own > 0 ? own : static_cast<std::int64_t>(sizeof(float));
    backend_->gather_columns(communicator_,
                             {mine, stride, whole.get(), width, rows, element, parts});
    if (own > 0) return Attended{whole.get()};
    return Rows{whole.get(), width};
  }

  /// x += what add_matmul left with all ranks, normed and scaled.
  void gather_sum(const LayerRows& at, const PackedNorm& norm) const {
    if (alone()) return;
    const std::int64_t h = config_.hidden;
    backend_->gather_columns(communicator_, {at.delta + shard_.hidden.begin, h, at.delta, h,
                                             at.count, sizeof(float), hidden_parts_});
    add_normed(at, norm);
  }

  /// Norms and turns queries and keys, and puts keys and values into their slots.
  void place_heads(const LayerRows& at, const LayerWeights& weights, Rotation rotation,
                   const KvSlots& slots, AttentionArgs& heads) const {
    const RopeTable* table = &rotations_[static_cast<std::size_t>(rotation)].table;
    const HeadNorm norm = config_.block.head_norm;
    if (norm == HeadNorm::kAfterRotation) {
      backend_->rope(at.qkv, qkv_width_, heads_ + kv_heads_, at.batch->positions, *table);
      table = &rotations_[static_cast<std::size_t>(Rotation::kNone)].table;
    }
    if (norm != HeadNorm::kNone) {
      norm_heads(at.qkv, at.count, heads_, weights.q_norm);
      norm_heads(at.qkv + shard_.q.size(), at.count, kv_heads_, weights.k_norm);
    }
    if (!query_factors_.empty())
      backend_->scale_rows(at.qkv, qkv_width_, shard_.q.size(), query_factors_);
    backend_->rope_store_kv(*at.batch, *table, slots.keys, slots.values, heads);
  }
  void norm_heads(float* first, std::int64_t rows, int heads, const PackedNorm& norm) const {
    const bool whole = config_.block.head_norm == HeadNorm::kWholeProjection;
    backend_->norm_parts(first, qkv_width_, rows, whole ? 1 : heads,
                         std::int64_t{whole ? heads : 1} * config_.head_dim,
                         rule_of(norm, config_.block.head_norm_kind));
  }

  /// What queries are multiplied with, by their rows' positions; empty: nothing.
  std::vector<float> query_factors(const PackedBatch& batch) const {
    const Block& block = config_.block;
    std::vector<float> factors;
    if (block.query_growth == 0) return factors;
    for (const std::int32_t position : batch.positions)
      factors.push_back(static_cast<float>(
          1 + block.query_growth * log_double(1.0 + position / block.growth_positions)));
    return factors;
  }

  /// Of rows of q, k and v beside each other.
  AttentionArgs attention_of(float* qkv, const LayerRule& rule) const {
    const std::int64_t q = shard_.q.size(), kv = shard_.kv.size();
    AttentionArgs args{qkv,    qkv_width_, qkv + q,          qkv + q + kv,           qkv_width_,
                       heads_, kv_heads_,  config_.head_dim, config_.attention_scale};
    args.window = rule.window;
    args.score_cap = config_.block.score_cap;
    return args;
  }

  /// At most `count` rows from `row` on, of x and delta.
  LayerRows part_of_rows(const LayerRows& all, std::int64_t row, std::int64_t count) const {
    const std::int64_t begin = row * config_.hidden;
    return {all.batch, std::min(count, all.count - row), all.x + begin, nullptr, all.delta + begin};
  }

  /// Whether delta and qkv of the head rows fit where x of all rows was (head_rows_only).
  bool few_head_rows(const PackedBatch& batch) const {
    const auto heads = static_cast<std::int64_t>(batch.head_rows.size());
    return qkv_behind(heads) + heads * qkv_width_ <= batch.rows() * config_.hidden;
  }
  /// Where qkv lies behind so many rows of delta, in floats: aligned as memory of its own is.
  std::int64_t qkv_behind(std::int64_t rows) const {
    constexpr std::int64_t kAlignedFloats = 64;
    return (rows * config_.hidden + kAlignedFloats - 1) / kAlignedFloats * kAlignedFloats;
  }

  /// Behind the last layer's keys and values only the head rows are read: the others end here. The
  /// head rows move to where nothing is read any more:
  ///
  ///   buffer   held for all rows                    holds for the head rows
  ///   delta    the normed input, used up            x
  ///   x        the residual stream, gathered from   delta | qkv
  ///   qkv      q, k, v                              k, v stay as they are: attention reads them
  LayerRows head_rows_only(const LayerRows& all) {
    const std::span<const std::int32_t> rows = all.batch->head_rows;
    const auto count = static_cast<std::int64_t>(rows.size());
    head_rows_ = head_rows_of(*all.batch);
    const LayerRows heads{&head_rows_, count, all.delta, all.x + qkv_behind(count), all.x};
    if (count == 0) return heads;
    backend_->begin(head_rows_);
    backend_->gather_rows(all.x, config_.hidden, rows, heads.x);
    backend_->gather_rows(all.qkv, qkv_width_, rows, heads.qkv);
    return heads;
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
    workspace.gate_up = uninitialised(workspace.tile_rows * (config_.block.gated ? 2 : 1) * f);
    workspace.product = uninitialised(workspace.tile_rows * f);
    if (alone()) return;
    workspace.all_heads = uninitialised(rows * q_parts_.back().end);
    workspace.all_products = uninitialised(workspace.tile_rows * config_.intermediate);
  }

  Buffer uninitialised(std::int64_t floats) const {
    return backend_->allocate(floats * static_cast<std::int64_t>(sizeof(float)));
  }

  void grow_rope_tables(const PackedBatch& batch) {
    const std::int64_t last = *std::max_element(batch.positions.begin(), batch.positions.end());
    for (Turning& turning : rotations_) {
      if (turning.frequencies.inv_freq.empty() || last < turning.table.positions) continue;
      const std::int64_t positions = (last + 512) / 512 * 512;
      turning.table = backend_->rope_table(turning.frequencies.inv_freq,
                                           turning.frequencies.attention_factor, positions);
      turning.table.head = config_.head_dim;
    }
  }

  /// A rotation, and its table as far as positions have come.
  struct Turning {
    RotaryFrequencies frequencies;
    RopeTable table;
  };

  const ModelConfig config_;
  const std::shared_ptr<WeightTable> table_;
  Communicator& communicator_;
  const ShardPlan shard_;
  const std::vector<Range> q_parts_, hidden_parts_, product_parts_;  // of all ranks
  const std::shared_ptr<SpreadWeights> spread_;  // ahead of the backend, which reads its memory
  const std::unique_ptr<Backend> backend_;
  std::unique_ptr<PackedWeight> embedding_;      // null until its first use
  const std::shared_ptr<SharedWeights> shared_;  // null: all is this model's own
  const std::unique_ptr<WeightProvider> weights_;
  const VocabularyHead head_;
  std::array<Turning, 3> rotations_;  // by Rotation; of kNone the table turns nothing
  const bool streamed_;               // layers come and go
  const int heads_, kv_heads_;
  const std::int64_t qkv_width_;
  std::vector<float> query_factors_;  // of the batch
  PackedBatch head_rows_;             // of a batch that ends with them alone
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
