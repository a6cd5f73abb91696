// What the CUDA backend takes of a device's memory, and the sizes that it depends on.
#pragma once

#include <cstdint>

#include "engine/backend/model_cost.h"

namespace flm {

/// Rows of a product that runs at full speed, and logits of about half as many (Tele-FLM: 2,016).
inline constexpr std::int64_t kCudaMlpTileRows = 4096;
inline constexpr std::int64_t kCudaHeadChunkBytes = std::int64_t{640} << 20;

/// A UserError where the kernels do not take the model's heads.
void check_cuda_heads(const ModelConfig& config, bool bf16);

/// Device bytes of one rank. The errors of check_cuda_heads.
ModelCost cuda_cost_of(const ModelConfig& config, int ranks, bool bf16, int max_length);

}  // namespace flm
