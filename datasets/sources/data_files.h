// dataset_path json, csv or text with data_files: local files that a task file names itself.
#pragma once

#include <memory>
#include <string>

#include "datasets/dataset.h"

namespace flm {

bool is_data_files_path(const std::string& dataset_path);

/// `request.path` is a data_files path. dataset_kwargs {"data_files": FILE | [FILE...] | {SPLIT:
/// FILE | [FILE...]}}; a file or list without split names is the split train. Relative files are
/// looked up in the task's folder. As the datasets library does, a key that only some rows have is
/// null in the others.
std::shared_ptr<const DatasetSplit> load_data_files(const DatasetRequest& request,
                                                    const std::string& split);

}  // namespace flm
