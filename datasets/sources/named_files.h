// The files that data_files and data_dir name, as the `datasets` library finds them.
#pragma once

#include <string>
#include <vector>

#include "base/documents/json.h"

namespace flm {

/// Whether dataset_kwargs says which files: data_files or data_dir.
bool names_files(const Json& kwargs);

/// The files of a split below `folder`, a pattern's in the order of their names. data_files: a
/// file, a pattern (*, **, ?, [ab]), a list of them, or {SPLIT: ...}; without splits they are
/// train's. data_dir: a folder that they lie below; alone, the split is told by the files' names.
/// UserError for a split, a file or a pattern that finds nothing.
std::vector<std::string> named_files(const std::string& folder, const Json& kwargs,
                                     const std::string& split);

/// The split that decides the types of columns: the first that data_files names or that is in
/// data_dir.
std::string first_named_split(const std::string& folder, const Json& kwargs);

}  // namespace flm
