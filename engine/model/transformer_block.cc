#include "engine/model/transformer_block.h"

#include <algorithm>

namespace flm {

TransformerBlock::TransformerBlock(const ModelConfig& config, Communicator& communicator,
                                   Backend& backend)
    : config_(config),
      communicator_(communicator),
      backend_(backend),
      shard_(config, communicator.rank(), communicator.size()),
      q_parts_(parts_of(config, communicator.size(), &ShardPlan::q)),
      k_parts_(parts_of(config, communicator.size(), &ShardPlan::kv_told)),
      hidden_parts_(parts_of(config, communicator.size(), &ShardPlan::hidden)),
      product_parts_(parts_of(config, communicator.size(), &ShardPlan::intermediate)),
      heads_(static_cast<int>(shard_.heads.size())),
      kv_heads_(static_cast<int>(shard_.kv_heads.size())),
      qkv_width_(shard_.q.size() + 2 * shard_.kv.size()),
      rotations_(config),
      growth_(config.block) {}

void TransformerBlock::begin(const PackedBatch& batch) {
  const auto last = std::max_element(batch.positions.begin(), batch.positions.end());
  rotations_.reach(*last, backend_);
  growth_.reach(*last, backend_);
  backend_.begin(batch);
}

void TransformerBlock::append_operands(std::vector<std::int64_t>& operands) const {
  rotations_.append_operands(operands);
  growth_.append_operands(operands);
}

void TransformerBlock::grow(Workspace& workspace, std::int64_t rows) const {
  if (rows <= workspace.rows) return;
  const std::int64_t f = shard_.intermediate.size();
  workspace = {};  // the old memory goes before the new one comes
  workspace.rows = rows;
  workspace.tile_rows = std::min(backend_.mlp_tile_rows(), rows);
  workspace.x = uninitialised(rows * config_.hidden);
  workspace.delta = uninitialised(rows * config_.hidden);
  workspace.qkv = uninitialised(rows * qkv_width_);
  if (const std::int64_t bytes = backend_.operand_element_bytes(); bytes > 0)
    workspace.attended = backend_.allocate(rows * shard_.q.size() * bytes);
  workspace.gate_up = uninitialised(workspace.tile_rows * (config_.block.gated ? 2 : 1) * f);
  workspace.product = uninitialised(workspace.tile_rows * f);
  if (alone()) return;
  workspace.all_heads = uninitialised(rows * q_parts_.back().end);
  workspace.all_products = uninitialised(workspace.tile_rows * config_.intermediate);
}

void TransformerBlock::run(const LayerWeights& weights, const LayerRule& rule,
                           const Workspace& workspace, const KvSlots& slots, bool narrows,
                           LayerRows& at) {
  branch_matmul(at, weights.attention_norm, *weights.qkv, weights.qkv_bias, at.qkv);
  AttentionArgs heads = attention_of(at.qkv, rule);
  place_heads(at, weights, rule.rotation, workspace, slots, heads);
  if (!at.batch->copies.empty())
    backend_.copy_kv(at.batch->copies, shard_.kv.size(), slots.keys, slots.values);
  if (narrows) at = head_rows_only(at);
  if (at.count == 0) return;
  // Parallel branches take one norm of x: the MLP is added while q, k and v wait.
  if (config_.block.parallel) add_mlp(at, weights, weights.attention_norm, workspace);
  heads.queries = at.qkv;
  heads.operand = workspace.attended.get();
  backend_.attention(*at.batch, heads);
  add_matmul(at, all_heads(at, heads, workspace), *weights.o, weights.o_bias,
             weights.attention_output_norm);
  gather_sum(at, weights.attention_output_norm);
  if (!config_.block.parallel) add_mlp(at, weights, weights.mlp_norm, workspace);
}

void TransformerBlock::add_mlp(const LayerRows& at, const LayerWeights& weights,
                               const PackedNorm& norm, const Workspace& workspace) const {
  float* gate_up = workspace.gate_up.get();
  for (std::int64_t row = 0; row < at.count; row += workspace.tile_rows) {
    const LayerRows tile = part_of_rows(at, row, workspace.tile_rows);
    branch_matmul(tile, norm, *weights.gate_up, weights.gate_up_bias, gate_up);
    add_matmul(tile, all_products(tile, gate_up, workspace), *weights.down, weights.down_bias,
               weights.mlp_output_norm);
  }
  gather_sum(at, weights.mlp_output_norm);
}

void TransformerBlock::branch_matmul(const LayerRows& at, const PackedNorm& norm,
                                     const PackedWeight& weight, std::span<const float> bias,
                                     float* c) const {
  const Assigned out{c, weight.rows()};
  if (!config_.block.norm_inputs)
    return backend_.matmul(Rows{at.x, config_.hidden}, at.count, weight, bias, out);
  const NormRule rule = rule_of(norm, config_.block.norm);
  backend_.matmul(Normed{at.x, rule.weight, rule.eps, at.delta, rule.kind, rule.bias}, at.count,
                  weight, bias, out);
}

NormRule TransformerBlock::rule_of(const PackedNorm& norm, NormKind kind) const {
  return {norm.weight, static_cast<float>(config_.norm_eps), kind, norm.bias};
}

void TransformerBlock::add_matmul(const LayerRows& at, const ProductInput& a,
                                  const PackedWeight& weight, std::span<const float> bias,
                                  const PackedNorm& norm) const {
  if (alone() && !config_.block.norm_outputs)
    return backend_.matmul(a, at.count, weight, bias,
                           Added{at.x, config_.residual_scale, at.delta});
  backend_.matmul(a, at.count, weight, bias,
                  Assigned{at.delta + shard_.hidden.begin, config_.hidden});
  if (alone()) add_normed(at, norm);
}

void TransformerBlock::add_normed(const LayerRows& at, const PackedNorm& norm) const {
  if (config_.block.norm_outputs)
    backend_.norm_parts(at.delta, config_.hidden, at.count, 1, config_.hidden,
                        rule_of(norm, config_.block.norm));
  backend_.add_residual(at.x, at.delta, config_.residual_scale, at.count * config_.hidden);
}

// Of several ranks, each computes some outputs of a product from all of its inputs, which are
// gathered before: every sum runs over the whole row on one rank, so that its bits are those of
// one rank alone, and none is added up of parts.
//
//   qkv -> attention        | gather heads    | o     | gather columns -> x
//   (a norm of all heads of q or k: gather them -> norm the whole row, keep this rank's part)
//   gate, up -> activation  | gather products | down  | gather columns -> x

ProductInput TransformerBlock::all_heads(const LayerRows& at, const AttentionArgs& heads,
                                         const Workspace& workspace) const {
  if (alone()) return heads.result();
  if (heads.operand)
    return gathered(heads.operand, shard_.q.size(), workspace.all_heads, at.count, q_parts_);
  return gathered(heads.queries, heads.query_stride, workspace.all_heads, at.count, q_parts_);
}

ProductInput TransformerBlock::all_products(const LayerRows& tile, const float* gate_up,
                                            const Workspace& workspace) const {
  const Gated gated{gate_up, workspace.product.get(), config_.block.activation,
                    !config_.block.gated};
  if (alone()) return gated;
  const std::int64_t width = shard_.intermediate.size();
  backend_.make_gated(gated, tile.count, width, workspace.product.get());
  return gathered(workspace.product.get(), width, workspace.all_products, tile.count,
                  product_parts_);
}

ProductInput TransformerBlock::gathered(const void* mine, std::int64_t stride, const Buffer& whole,
                                        std::int64_t rows, std::span<const Range> parts) const {
  const std::int64_t width = parts.back().end, own = backend_.operand_element_bytes();
  const std::int64_t element = own > 0 ? own : static_cast<std::int64_t>(sizeof(float));
  backend_.gather_columns(communicator_, {mine, stride, whole.get(), width, rows, element, parts});
  if (own > 0) return Attended{whole.get()};
  return Rows{whole.get(), width};
}

void TransformerBlock::gather_sum(const LayerRows& at, const PackedNorm& norm) const {
  if (alone()) return;
  const std::int64_t h = config_.hidden;
  backend_.gather_columns(communicator_, {at.delta + shard_.hidden.begin, h, at.delta, h, at.count,
                                          sizeof(float), hidden_parts_});
  add_normed(at, norm);
}

void TransformerBlock::place_heads(const LayerRows& at, const LayerWeights& weights,
                                   Rotation rotation, const Workspace& workspace,
                                   const KvSlots& slots, AttentionArgs& heads) const {
  const RopeTable* table = &rotations_.of(rotation);
  const HeadNorm norm = config_.block.head_norm;
  if (norm == HeadNorm::kAfterRotation) {
    backend_.rope(at.qkv, qkv_width_, heads_ + kv_heads_, at.batch->positions, *table);
    table = &rotations_.of(Rotation::kNone);
  }
  if (norm != HeadNorm::kNone) norm_heads(at, weights, workspace);
  if (growth_.any())
    backend_.scale_rows(at.qkv, qkv_width_, shard_.q.size(), at.batch->positions,
                        growth_.factors());
  backend_.rope_store_kv(*at.batch, *table, slots.keys, slots.values, heads);
}

void TransformerBlock::norm_heads(const LayerRows& at, const LayerWeights& weights,
                                  const Workspace& workspace) const {
  float *q = at.qkv, *k = at.qkv + shard_.q.size();
  if (alone() || config_.block.head_norm != HeadNorm::kWholeProjection) {
    norm_each_head(q, at.count, heads_, weights.q_norm);
    return norm_each_head(k, at.count, kv_heads_, weights.k_norm);
  }
  norm_all_heads(q, shard_.q, q_parts_, at.count, weights.q_norm, workspace);
  norm_all_heads(k, shard_.kv, k_parts_, at.count, weights.k_norm, workspace);
}

/// Gathered where attention's results will be, which are no narrower and not there yet.
void TransformerBlock::norm_all_heads(float* mine, Range part, std::span<const Range> told,
                                      std::int64_t rows, const PackedNorm& norm,
                                      const Workspace& workspace) const {
  float* whole = workspace.all_heads.get();
  const std::int64_t width = told.back().end;
  backend_.gather_columns(communicator_,
                          {mine, qkv_width_, whole, width, rows, sizeof(float), told});
  backend_.norm_columns(whole, width, rows, part, rule_of(norm, config_.block.head_norm_kind), mine,
                        qkv_width_);
}

void TransformerBlock::norm_each_head(float* first, std::int64_t rows, int heads,
                                      const PackedNorm& norm) const {
  const bool whole = config_.block.head_norm == HeadNorm::kWholeProjection;
  backend_.norm_parts(first, qkv_width_, rows, whole ? 1 : heads,
                      std::int64_t{whole ? heads : 1} * config_.head_dim,
                      rule_of(norm, config_.block.head_norm_kind));
}

AttentionArgs TransformerBlock::attention_of(float* qkv, const LayerRule& rule) const {
  const std::int64_t q = shard_.q.size(), kv = shard_.kv.size();
  AttentionArgs args{qkv,    qkv_width_, qkv + q,          qkv + q + kv,           qkv_width_,
                     heads_, kv_heads_,  config_.head_dim, config_.attention_scale};
  args.window = rule.window;
  args.score_cap = config_.block.score_cap;
  return args;
}

LayerRows TransformerBlock::part_of_rows(const LayerRows& all, std::int64_t row,
                                         std::int64_t count) const {
  const std::int64_t begin = row * config_.hidden;
  return {all.batch, std::min(count, all.count - row), all.x + begin, nullptr, all.delta + begin};
}

bool TransformerBlock::few_head_rows(const PackedBatch& batch) const {
  const auto heads = static_cast<std::int64_t>(batch.head_rows.size());
  return qkv_behind(heads) + heads * qkv_width_ <= batch.rows() * config_.hidden;
}

std::int64_t TransformerBlock::qkv_behind(std::int64_t rows) const {
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
LayerRows TransformerBlock::head_rows_only(const LayerRows& all) {
  const std::span<const std::int32_t> rows = all.batch->head_rows;
  const auto count = static_cast<std::int64_t>(rows.size());
  head_rows_ = head_rows_of(*all.batch);
  const LayerRows heads{&head_rows_, count, all.delta, all.x + qkv_behind(count), all.x};
  if (count == 0) return heads;
  backend_.begin(head_rows_);
  backend_.gather_rows(all.x, config_.hidden, rows, heads.x);
  backend_.gather_rows(all.qkv, qkv_width_, rows, heads.qkv);
  return heads;
}

Buffer TransformerBlock::uninitialised(std::int64_t floats) const {
  return backend_.allocate(floats * static_cast<std::int64_t>(sizeof(float)));
}

}  // namespace flm
