// The data files of a data set's repository: which belong to a configuration's split.
#pragma once

#include <string>
#include <vector>

#include "datasets/sources/configurations.h"
#include "datasets/sources/split_names.h"

namespace flm {

/// The splits and their files, sorted: as the configuration of README.md says, else as the names
/// tell (test-00000-of-00001.parquet, NAME/validation.jsonl, data/train.csv): all names, where
/// README.md lists the configuration and no files of it. Where names tell, the
/// files of a split are those of the format that most of them have. Hidden files and folders are
/// passed over as `selects` does.
std::vector<SplitFiles> snapshot_splits(const std::string& folder, const std::string& name,
                                        const Configuration& configuration);

}  // namespace flm
