// Names and orders of rows of those who write torch.distributed.checkpoint, as Hugging Face's.
#pragma once

#include <string>
#include <vector>

#include "engine/checkpoint/config/model_config.h"
#include "engine/checkpoint/tensors/stored_tensor.h"

namespace flm {

/// The name without what FSDP, compile and activation checkpoints put into it, and without the
/// "model." of a state that keeps the model beside other things.
std::string without_wrappers(std::string name);

/// Hugging Face's names for the tensors of torchtitan, whose q and k rows are in interleaved rotary
/// order, and of OLMo-core's Llama; others keep theirs.
std::vector<StoredTensor> from_dcp_names(std::vector<StoredTensor> tensors,
                                         const ModelConfig& config);

}  // namespace flm
