// flmeval doctor --tune: which algorithm of the library computes which of a model's products.
#pragma once

#include <string>

#include "engine/checkpoint/config/model_config.h"
#include "engine/cuda/cuda_backend.h"

namespace flm {

/// Measures the products of a model and writes the table of the device; lines to print. A UserError
/// says what is missing.
std::string tune_cuda(const ModelConfig& config, const CudaOptions& options);

}  // namespace flm
