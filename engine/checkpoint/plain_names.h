// What stands in the names of tensors beside the model's own names for them.
#pragma once

#include <vector>

#include "engine/checkpoint/config/model_config.h"
#include "engine/checkpoint/tensors/stored_tensor.h"

namespace flm {

/// `stored` with the names that the model has for them: without the marks of torch.compile, FSDP
/// and DistributedDataParallel and the place of a language model beside one of images, and with the
/// prefix that a model saved without its head lacks. Of a tied pair that was saved as the head
/// alone it is the embedding. Where two would have one name, all keep theirs.
std::vector<StoredTensor> plain_names(std::vector<StoredTensor> stored, const ModelConfig& config);

}  // namespace flm
