// Keys of dataset_kwargs: what datasets.load_dataset takes beside path and name.
#pragma once

#include <string>

#include "base/documents/json.h"

namespace flm {

/// UserError for a key that would change the rows and is not followed, and for one that is not
/// known. `where` names the place of the keys.
void check_dataset_kwargs(const Json& kwargs, const std::string& where = "dataset_kwargs");

/// Whether a reader of the library takes such a key; it passes over others in a README.
bool is_reader_option(const std::string& key);

}  // namespace flm
