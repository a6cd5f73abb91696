// The safetensors format: 8 bytes header length (little-endian), a JSON header, the tensors' bytes.
#pragma once

#include <memory>
#include <vector>

#include "engine/checkpoint/tensors/mapped_file.h"
#include "engine/checkpoint/tensors/stored_tensor.h"

namespace flm {

/// Every tensor of the file, in the header's order, views into the mapping. All that the header
/// claims is checked against the file's size first; UserErrors name the file and the tensor.
std::vector<StoredTensor> read_safetensors(const std::shared_ptr<const MappedFile>& file);

}  // namespace flm
