#include "engine/cpu/cpu_cost.h"

#include <algorithm>
#include <string>
#include <vector>

#include "engine/backend/key_tile.h"
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

/// What a matrix is packed to, by what it is stacked of.
class PackedSizes {
 public:
  PackedSizes(const WeightTable& weights, bool bf16_operands)
      : weights_(weights), bf16_operands_(bf16_operands) {}

  std::int64_t bytes(const std::vector<std::string>& parts, std::int64_t rows,
                     std::int64_t columns) const {
    const bool bf16 = std::all_of(parts.begin(), parts.end(), [&](const std::string& part) {
      return weights_.described(part + ".weight").dtype == DType::kBF16;
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
  const std::int64_t gates = config.block.gated ? 2 : 1;
  const TensorNames& names = config.names;
  ModelCost cost;
  std::int64_t largest_layer = 0;
  for (int layer = 0; layer < config.layers; ++layer) {
    const auto named = [&](const std::string& name) { return names.in_layer(layer, name); };
    std::vector<std::string> gate_up = {named(names.gate), named(names.up)};
    if (gates == 1) gate_up.erase(gate_up.begin());
    const std::int64_t bytes =
        packed.bytes({named(names.q), named(names.k), named(names.v)}, q + 2 * kv, h) +
        packed.bytes({named(names.o)}, part, all_q) + packed.bytes(gate_up, gates * f, h) +
        packed.bytes({named(names.down)}, part, all_f) +
        (5 * h + q + 2 * kv + 2 * f + more_vectors(config)) * kFloat;
    cost.layers_bytes += bytes;
    largest_layer = std::max(largest_layer, bytes);
  }
  cost.head_bytes = packed.bytes({config.tied ? names.embedding : names.head}, vocab, h);
  if (config.block.unit_head_rows)  // its rows are made in fp32
    cost.head_bytes = packed_bytes(bf16_operands ? DType::kBF16 : DType::kF32, vocab, h);
  // The embedding is read where it lies in a file; made weights lie nowhere else.
  if (weights.rule(names.embedding + ".weight"))
    cost.shared_bytes = packed.bytes({names.embedding}, config.vocab_rows, h);
  // A layer and the next, or a layer and the head: the last one, or the first of the next batch.
  cost.streamed_bytes = largest_layer + std::max(largest_layer, cost.head_bytes);
  cost.row_bytes = (2 * h + q + 2 * kv) * kFloat + 160;
  if (ranks > 1) cost.row_bytes += all_q * kFloat;          // all ranks' heads
  const std::int64_t element = bf16_operands ? 2 : kFloat;  // of keys and values
  cost.kv_slot_bytes = 2 * kv * config.layers * element;
  cost.logits_bytes = std::int64_t{2} * config.vocab_rows * kFloat;  // a rank's part, and all
  // The tables of a position; its keys, values and slot in each thread's tiles, whole words.
  const std::int64_t tables = table_bytes(config),
                     words = ((2 * d + 15) * element + kFloat - 1) / kFloat + 1,
                     gathered = threads_per_rank * words * kFloat;
  cost.position_bytes = tables + gathered;
  // The rows of a head that are divided by their lengths, until they are packed.
  const std::int64_t unit_rows = config.block.unit_head_rows ? vocab * h * kFloat : 0;
  const std::int64_t chunk = head_chunk_rows(vocab, kCpuHeadChunkBytes);
  cost.fixed_bytes = kCpuMlpTileRows * (1 + gates) * f * kFloat + unit_rows +
                     chunk * (vocab + 2 * h) * kFloat +
                     (ranks > 1 ? kCpuMlpTileRows * all_f * kFloat : 0) +
                     activation_bytes(std::max({h, all_q, all_f})) +
                     threads_per_rank * kPassDepth * kPanel * kFloat + table_positions(0) * tables +
                     kKeyTile * gathered;  // the last step and tile are whole ones
  return cost;
}

}  // namespace flm
