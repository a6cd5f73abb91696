// Folders that the `datasets` library's save_to_disk wrote: Arrow files beside a state.json.
#pragma once

#include <string>
#include <vector>

#include "datasets/sources/split_names.h"

namespace flm {

/// The splits of a DatasetDict (dataset_dict.json names their folders), or the one of a Dataset:
/// that of its state.json, train where it names none, as that library calls rows without a split.
/// Paths below `folder`, in the order of the rows. Empty where `folder` is neither. UserError where
/// a file is missing, or says something else.
std::vector<SplitFiles> saved_splits(const std::string& folder);

}  // namespace flm
