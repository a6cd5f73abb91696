// One pass over all weights: hash and NaN/Inf count.
#pragma once

#include <map>
#include <string>

#include "base/progress.h"
#include "engine/checkpoint/stored_tensor.h"
#include "engine/weight_table.h"

namespace flm {

/// NaNs and infinities among values.
struct NotFinite {
  std::int64_t nans = 0, infinities = 0;
};
NotFinite count_not_finite(DType dtype, const std::byte* values, std::int64_t count);

/// SHA-256 over one line a tensor, names ascending bytewise: "NAME DTYPE [SHAPE]
/// SHA-256-OF-BYTES\n". `tensors` holds every logical tensor once. A cache that cannot be read or
/// written is no error.
WeightTable::ContentCheck check_contents(const std::map<std::string, const StoredTensor*>& tensors,
                                         Progress& progress, bool use_cache);

}  // namespace flm
