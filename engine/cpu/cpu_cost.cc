#include "engine/cpu/cpu_cost.h"

#include <algorithm>

#include "engine/cpu/kernels.h"
#include "engine/cpu/matmul.h"
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

}  // namespace

std::int64_t head_chunk_rows(std::int64_t vocab_rows, std::int64_t chunk_bytes) {
  const std::int64_t fit = chunk_bytes / (vocab_rows * kFloat);
  return std::clamp<std::int64_t>(fit / 96 * 96, 96, 1024 * (chunk_bytes / kCpuHeadChunkBytes));
}

std::int64_t ModelCost::weight_bytes(bool streamed) const {
  return streamed ? streamed_bytes : layers * layer_bytes + head_bytes;
}

DType packed_dtype(const WeightTable& table, bool bf16_operands) {
  const bool stored = table.dtype() == DType::kBF16 && table.bytes() <= 2 * table.parameters();
  return bf16_operands || stored ? DType::kBF16 : DType::kF32;
}

ModelCost cost_of(const ModelConfig& config, DType packed, int ranks, int threads_per_rank,
                  int max_length) {
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

ModelFlops flops_of(const ModelConfig& config) {
  const double h = config.hidden, q = double(config.heads) * config.head_dim,
               kv = double(config.kv_heads) * config.head_dim;
  ModelFlops flops;
  flops.row = 2.0 * config.layers * (h * (q + 2 * kv) + q * h + 3.0 * h * config.intermediate);
  flops.row_key = 4.0 * config.layers * q;
  flops.head_row = 2.0 * h * config.vocab_rows;
  return flops;
}

}  // namespace flm
