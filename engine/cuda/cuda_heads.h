// Which heads the kernels of the CUDA backend take: known without one, for plans of GPUs elsewhere.
#pragma once

#include <string>

#include "engine/checkpoint/config/model_config.h"

namespace flm {

/// "heads of ...; this model's have 100": what they take and the model has not; "" where they take
/// its heads.
std::string untaken_cuda_heads(const ModelConfig& config, bool bf16);

}  // namespace flm
