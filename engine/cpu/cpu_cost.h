// What the CPU backend takes of the host's memory, and the sizes that it depends on.
#pragma once

#include <cstdint>

#include "engine/backend/model_cost.h"
#include "engine/checkpoint/weight_table.h"

namespace flm {

/// Rows that go through gate, up and down at a time, and logits that stay near the last-level
/// cache.
inline constexpr std::int64_t kCpuMlpTileRows = 1024;
inline constexpr std::int64_t kCpuHeadChunkBytes = std::int64_t{64} << 20;

/// Bytes of one rank. A packed matrix is bf16 where all that it is made of is stored so or where
/// the operands of the matmuls are to be, else fp32.
ModelCost cpu_cost_of(const ModelConfig& config, const WeightTable& weights, bool bf16_operands,
                      int ranks, int threads_per_rank);

}  // namespace flm
