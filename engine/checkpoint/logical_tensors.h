// The tensors that a model is made of, out of those that its files store.
#pragma once

#include <vector>

#include "engine/checkpoint/config/model_config.h"
#include "engine/checkpoint/faults.h"
#include "engine/checkpoint/tensors/stored_tensor.h"

namespace flm {

/// Cuts tensors that hold several projections (TensorNames::qkv, gate_up), joins the norms of
/// heads, and puts rows that are turned in pairs into the order of halves. Boxes change and no byte
/// moves. What is missing or has another shape goes to `faults`; the rest stays as it is.
std::vector<StoredTensor> logical_tensors(std::vector<StoredTensor> stored,
                                          const ModelConfig& config, Faults& faults);

}  // namespace flm
