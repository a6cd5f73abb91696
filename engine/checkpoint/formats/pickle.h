// The pickle of a PyTorch state dict, read by a machine that knows six globals and executes
// nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/checkpoint/tensor.h"

namespace flm {

/// A tensor as the pickle describes it; nothing is checked against the storage's real size yet.
struct PickledTensor {
  std::string name;
  std::string storage_key;  // member data/KEY of the zip
  DType dtype = DType::kF32;
  std::int64_t storage_elements = 0;
  std::int64_t offset = 0;                   // elements
  std::vector<std::int64_t> shape, strides;  // elements
};

/// The state dict in its order. Allowed globals: collections.OrderedDict,
/// torch._utils._rebuild_tensor_v2, torch._utils._rebuild_parameter, torch.FloatStorage,
/// torch.HalfStorage, torch.BFloat16Storage. Any other, an opcode that torch.save does not write,
/// and anything but a dict of tensors is a UserError that names `path`.
std::vector<PickledTensor> read_state_dict(std::string_view pickle, const std::string& path);

}  // namespace flm
