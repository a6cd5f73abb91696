// Keys of dataset_kwargs: what datasets.load_dataset takes beside path and name.
#pragma once

#include "base/documents/json.h"

namespace flm {

/// UserError for a key that would change the rows and is not followed, and for one that is not
/// known.
void check_dataset_kwargs(const Json& kwargs);

}  // namespace flm
