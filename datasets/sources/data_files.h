// Local files and folders that a task file names itself.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "datasets/dataset.h"

namespace flm {

/// dataset_path json, csv, text, parquet or arrow: which files is said by dataset_kwargs.
bool is_data_files_path(const std::string& dataset_path);

/// `request.path` is a data_files path. dataset_kwargs {"data_files": ...} and "data_dir" as in
/// named_files.h, relative to the task's folder.
std::shared_ptr<const DatasetSplit> load_data_files(const DatasetRequest& request,
                                                    const std::string& split);

/// The rows of files, typed as the datasets library types them; "" = each file's format by its
/// name. As that library does, a key that only some rows have is null in the others. UserError for
/// a file that is not there.
std::shared_ptr<DatasetSplit> read_data_files(const std::vector<std::string>& paths,
                                              const std::string& format, const Json& kwargs);

/// dataset_kwargs as an object, {} without.
Json dataset_kwargs(const DatasetRequest& request);

/// The folder of a dataset_path that is written as one (/data/set, ./set, ../set), in the task's
/// folder or here; nothing for other paths. UserError where it is no folder.
std::optional<std::string> local_folder(const DatasetRequest& request);

/// A folder of dataset_path's name, in the task's folder or here; nothing where there is none. The
/// datasets library takes it before it looks at the hub.
std::optional<std::string> folder_of_that_name(const DatasetRequest& request);

}  // namespace flm
