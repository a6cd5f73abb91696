// What a transformer block does to the rows of a batch: engine/checkpoint/config/block.h, read as
// its formula.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/model/query_growth.h"
#include "engine/model/rotary_tables.h"
#include "engine/model/weights/weight_provider.h"
#include "engine/model/workspace.h"
#include "engine/parallel/shard.h"

namespace flm {

/// One rank's share of every block. The configuration, the communicator and the backend outlive it.
class TransformerBlock {
 public:
  TransformerBlock(const ModelConfig& config, Communicator& communicator, Backend& backend);

  /// Room for so many rows in the workspace.
  void grow(Workspace& workspace, std::int64_t rows) const;
  /// The batch whose rows go through the blocks next.
  void begin(const PackedBatch& batch);

  /// x += o(attention(qkv(norm(x)))), then x += down(activation(gate(norm(x))) * up(norm(x))), or
  /// what the block says of it. Keys and values go to `slots` where there are some. `narrows`: `at`
  /// becomes the head rows once all keys and values are there.
  void run(const LayerWeights& weights, const LayerRule& rule, const Workspace& workspace,
           const KvSlots& slots, bool narrows, LayerRows& at);

  /// Whether delta and qkv of the head rows fit where x of all rows was: what `narrows` needs.
  bool few_head_rows(const PackedBatch& batch) const;

  const ShardPlan& shard() const { return shard_; }
  /// What tells its tables from others, for a step that is replayed (Backend::replay).
  void append_operands(std::vector<std::int64_t>& operands) const;

 private:
  bool alone() const { return communicator_.size() == 1; }
  /// Some rows at a time.
  void add_mlp(const LayerRows& at, const LayerWeights& weights, const PackedNorm& norm,
               const Workspace& workspace) const;
  /// c = norm(x) · weight^T + bias; of x as it is where the block norms no inputs.
  void branch_matmul(const LayerRows& at, const PackedNorm& norm, const PackedWeight& weight,
                     std::span<const float> bias, float* c) const;
  /// x += norm(a · weight^T + bias), scaled; with several ranks this one's columns of the sum go to
  /// delta until gather_sum.
  void add_matmul(const LayerRows& at, const ProductInput& a, const PackedWeight& weight,
                  std::span<const float> bias, const PackedNorm& norm) const;
  /// x += norm(delta), scaled.
  void add_normed(const LayerRows& at, const PackedNorm& norm) const;
  NormRule rule_of(const PackedNorm& norm, NormKind kind) const;

  /// The operand of o, and that of down.
  ProductInput all_heads(const LayerRows& at, const AttentionArgs& heads,
                         const Workspace& workspace) const;
  ProductInput all_products(const LayerRows& tile, const float* gate_up,
                            const Workspace& workspace) const;
  /// Rows of all ranks' columns side by side, in the element type of an operand.
  ProductInput gathered(const void* mine, std::int64_t stride, const Buffer& whole,
                        std::int64_t rows, std::span<const Range> parts) const;
  /// x += what add_matmul left with all ranks, normed and scaled.
  void gather_sum(const LayerRows& at, const PackedNorm& norm) const;

  /// Of rows of q, k and v beside each other.
  AttentionArgs attention_of(float* qkv, const LayerRule& rule) const;
  /// Norms and turns queries and keys, and puts keys and values into their slots.
  void place_heads(const LayerRows& at, const LayerWeights& weights, Rotation rotation,
                   const Workspace& workspace, const KvSlots& slots, AttentionArgs& heads) const;
  void norm_heads(const LayerRows& at, const LayerWeights& weights,
                  const Workspace& workspace) const;
  void norm_each_head(float* first, std::int64_t rows, int heads, const PackedNorm& norm) const;
  /// This rank's columns of q or k, normed with those of all ranks.
  void norm_all_heads(float* mine, Range part, std::span<const Range> told, std::int64_t rows,
                      const PackedNorm& norm, const Workspace& workspace) const;

  /// At most `count` rows from `row` on, of x and delta.
  LayerRows part_of_rows(const LayerRows& all, std::int64_t row, std::int64_t count) const;
  LayerRows head_rows_only(const LayerRows& all);
  /// Where qkv lies behind so many rows of delta, in floats: aligned as memory of its own is.
  std::int64_t qkv_behind(std::int64_t rows) const;
  Buffer uninitialised(std::int64_t floats) const;

  const ModelConfig& config_;
  Communicator& communicator_;
  Backend& backend_;
  const ShardPlan shard_;
  const std::vector<Range> q_parts_, k_parts_, hidden_parts_, product_parts_;  // of all ranks
  const int heads_, kv_heads_;
  const std::int64_t qkv_width_;
  RotaryTables rotations_;
  QueryGrowth growth_;
  PackedBatch head_rows_;  // of a batch that ends with them alone
};

}  // namespace flm
