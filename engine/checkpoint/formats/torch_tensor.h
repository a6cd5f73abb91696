// What torch.save pickles for a tensor, taken out of the wrappers around it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/checkpoint/formats/pickle_value.h"
#include "engine/checkpoint/tensors/tensor.h"

namespace flm {

/// A tensor as the pickle describes it; nothing is checked against the storage's real bytes yet.
struct PickledTensor {
  std::string storage_key;  // member data/KEY of the zip
  std::string dtype_name;   // BF16, I64 ...; where torch alone has a name for it, that
  std::optional<DType> dtype;
  std::int64_t element_bytes = 0;  // 0: unknown
  std::int64_t storage_elements = 0;
  std::int64_t offset = 0;                   // elements
  std::vector<std::int64_t> shape, strides;  // elements
};

/// Whether one of torch's functions that rebuild tensors would have made it.
bool is_pickled_tensor(const PickleValue& value);

/// UserError "WHERE WHAT" where it is none that torch.save writes.
PickledTensor pickled_tensor(const PickleValue& value, const std::string& where);

}  // namespace flm
