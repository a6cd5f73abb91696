#include "engine/cpu/cpu_cost.h"

#include <algorithm>
#include <initializer_list>
#include <string>

#include "engine/cpu/kernels.h"
#include "engine/cpu/matmul.h"
#include "engine/model/key_tile.h"
#include "engine/parallel/shard.h"

namespace flm {
namespace {

constexpr std::int64_t kFloat = sizeof(float);
constexpr std::int64_t kRotaryStep = 512;  // positions that the rotary table grows by

std::int64_t packed_bytes(DType dtype, std::int64_t rows, std::int64_t columns) {
  const std::int64_t words = dtype == DType::kBF16 ? (columns + 1) / 2 : columns;
  return (rows + kPanel - 1) / kPanel * kPanel * words * kFloat;
}

/// Of the matmul's block of activations.
std::int64_t activation_bytes(std::int64_t width) {
  const std::int64_t row = (width + kChain - 1) / kChain * kChain;
  const std::int64_t rows =
      std::clamp<std::int64_t>(kMostCopiedValues / row, kMostRows, kMostCopiedRows + kMostRows);
  return rows * row * kFloat;
}

/// What a matrix is packed to, by what it is stacked of.
class PackedSizes {
 public:
  PackedSizes(const WeightTable& weights, bool bf16_operands)
      : weights_(weights), bf16_operands_(bf16_operands) {}

  std::int64_t bytes(const std::string& prefix, std::initializer_list<const char*> parts,
                     std::int64_t rows, std::int64_t columns) const {
    const bool bf16 = std::all_of(parts.begin(), parts.end(), [&](const char* part) {
      return weights_.described(prefix + part + ".weight").dtype == DType::kBF16;
    });
    return packed_bytes(bf16 || bf16_operands_ ? DType::kBF16 : DType::kF32, rows, columns);
  }

 private:
  const WeightTable& weights_;
  const bool bf16_operands_;
};

}  // namespace

ModelCost cpu_cost_of(const ModelConfig& config, const WeightTable& weights, bool bf16_operands,
                      int ranks, int threads_per_rank) {
  const PackedSizes packed(weights, bf16_operands);
  const ShardPlan shard = widest_shard(config, ranks);
  const std::int64_t h = config.hidden, q = shard.q.size(), kv = shard.kv.size(),
                     f = shard.intermediate.size();
  const std::int64_t vocab = shard.vocab.size(), d = config.head_dim, part = shard.hidden.size(),
                     all_q = std::int64_t{config.heads} * d, all_f = config.intermediate;
  ModelCost cost;
  std::int64_t largest_layer = 0;
  for (int layer = 0; layer < config.layers; ++layer) {
    const std::string prefix = "model.layers." + std::to_string(layer) + ".";
    const std::int64_t bytes =
        packed.bytes(prefix + "self_attn.", {"q_proj", "k_proj", "v_proj"}, q + 2 * kv, h) +
        packed.bytes(prefix + "self_attn.", {"o_proj"}, part, all_q) +
        packed.bytes(prefix + "mlp.", {"gate_proj", "up_proj"}, 2 * f, h) +
        packed.bytes(prefix + "mlp.", {"down_proj"}, part, all_f) +
        (5 * h + q + 2 * kv + 2 * f) * kFloat;
    cost.layers_bytes += bytes;
    largest_layer = std::max(largest_layer, bytes);
  }
  cost.head_bytes = packed.bytes("", {config.tied ? "model.embed_tokens" : "lm_head"}, vocab, h);
  // The embedding is read where it lies in a file; made weights lie nowhere else.
  if (weights.rule("model.embed_tokens.weight"))
    cost.shared_bytes = packed.bytes("", {"model.embed_tokens"}, config.vocab_rows, h);
  // A layer and the next, or a layer and the head: the last one, or the first of the next batch.
  cost.streamed_bytes = largest_layer + std::max(largest_layer, cost.head_bytes);
  cost.row_bytes = (2 * h + q + 2 * kv) * kFloat + 160;
  if (ranks > 1) cost.row_bytes += all_q * kFloat;  // all ranks' heads
  cost.kv_slot_bytes = 2 * kv * config.layers * kFloat;
  // The cosines and sines of a position; its keys, values and slot in each thread's tiles.
  const std::int64_t rotary = d * kFloat, gathered = threads_per_rank * (2 * d + 16) * kFloat;
  cost.position_bytes = rotary + gathered;
  const std::int64_t chunk = head_chunk_rows(vocab, kCpuHeadChunkBytes);
  cost.fixed_bytes = kCpuMlpTileRows * 3 * f * kFloat + chunk * (vocab + 2 * h) * kFloat +
                     (ranks > 1 ? kCpuMlpTileRows * all_f * kFloat : 0) +
                     activation_bytes(std::max({h, all_q, all_f})) +
                     threads_per_rank * kPassDepth * kPanel * kFloat + kRotaryStep * rotary +
                     kKeyTile * gathered;  // the last step and tile are whole ones
  return cost;
}

}  // namespace flm
