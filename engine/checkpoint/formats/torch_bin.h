// PyTorch's .bin: a zip of stored (not compressed) storages and a pickle that says which tensor is
// where.
#pragma once

#include <memory>
#include <vector>

#include "engine/checkpoint/tensors/mapped_file.h"
#include "engine/checkpoint/tensors/stored_tensor.h"

namespace flm {

/// Every tensor of the state dict, views into the mapping, with strides where they are not
/// row-major. Nothing is executed. UserErrors name the file and the tensor, or the opcode or global
/// that is refused.
std::vector<StoredTensor> read_torch_bin(const std::shared_ptr<const MappedFile>& file);

}  // namespace flm
