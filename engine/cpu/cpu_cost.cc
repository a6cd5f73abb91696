#include "engine/cpu/cpu_cost.h"

#include <algorithm>

#include "engine/cpu/kernels.h"
#include "engine/cpu/matmul.h"
#include "engine/model/key_tile.h"
#include "engine/parallel/shard.h"

namespace flm {
namespace {

constexpr std::int64_t kFloat = sizeof(float);

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

/// Of the packed weights.
DType packed_dtype(const WeightTable& weights, bool bf16_operands) {
  const bool stored =
      weights.dtype() == DType::kBF16 && weights.bytes() <= 2 * weights.parameters();
  return bf16_operands || stored ? DType::kBF16 : DType::kF32;
}

}  // namespace

ModelCost cpu_cost_of(const ModelConfig& config, const WeightTable& weights, bool bf16_operands,
                      int ranks, int threads_per_rank, int max_length) {
  const DType packed = packed_dtype(weights, bf16_operands);
  const ShardPlan shard(config, 0, ranks);
  const std::int64_t h = config.hidden, q = shard.q.size(), kv = shard.kv.size(),
                     f = shard.intermediate.size();
  const std::int64_t vocab = shard.vocab.size(), d = config.head_dim;
  ModelCost cost;
  cost.layers = config.layers;
  cost.layer_bytes = packed_bytes(packed, q + 2 * kv, h) + packed_bytes(packed, h, q) +
                     packed_bytes(packed, 2 * f, h) + packed_bytes(packed, h, f) +
                     (5 * h + q + 2 * kv + 2 * f) * kFloat;
  cost.head_bytes = packed_bytes(packed, vocab, h);
  // A layer and the next, or a layer and the head: the last one, or the first of the next batch.
  cost.streamed_bytes = cost.layer_bytes + std::max(cost.layer_bytes, cost.head_bytes);
  cost.row_bytes = (2 * h + q + 2 * kv) * kFloat + 160;
  cost.kv_slot_bytes = 2 * kv * config.layers * kFloat;
  const std::int64_t chunk = head_chunk_rows(vocab, kCpuHeadChunkBytes);
  const std::int64_t path = (max_length + kKeyTile - 1) / kKeyTile * kKeyTile;
  cost.fixed_bytes = kCpuMlpTileRows * 3 * f * kFloat + chunk * (vocab + 2 * h) * kFloat +
                     max_length * d * kFloat + activation_bytes(std::max({h, q, f})) +
                     threads_per_rank * (kPassDepth * kPanel + path * (2 * d + 16)) * kFloat;
  return cost;
}

}  // namespace flm
