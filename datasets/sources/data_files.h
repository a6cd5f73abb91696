// Local files and folders that a task file names itself.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "datasets/dataset.h"
#include "datasets/formats/decided_types.h"
#include "datasets/sources/declared_features.h"

namespace flm {

/// dataset_path json, csv, text, parquet or arrow: which files is said by dataset_kwargs.
bool is_data_files_path(const std::string& dataset_path);

/// The split that decides the types of the others' columns, kept while those are read.
class FirstSplit {
 public:
  /// Its rows; read again only where other files are asked for than before.
  std::shared_ptr<const DatasetSplit> read(const std::vector<std::string>& files,
                                           const std::string& format, const Json& kwargs);

  /// What its first file decides; nothing without files. UserError where that is not there.
  DecidedTypes types(const std::vector<std::string>& files, const std::string& format,
                     const Json& kwargs);

 private:
  std::string key_;
  std::shared_ptr<const DatasetSplit> split_;
  std::string typed_;
  DecidedTypes types_;
};

/// A set out of files.
struct SplitSource {
  std::function<std::vector<std::string>(const std::string& split)> files;
  std::string first;   // the split that decides the types; "" = none does
  std::string format;  // "" = each file's by its name
  Json kwargs;         // dataset_kwargs
  /// What README.md declares of the columns; none: the files and `first` decide.
  std::vector<DeclaredFeature> features;
};

/// The rows of a split, typed as the datasets library types them; null where it has no files. A key
/// that only some rows have is null in the others. UserError for a file that is not there.
std::shared_ptr<const DatasetSplit> read_split(const SplitSource& source, const std::string& split,
                                               FirstSplit& kept);

/// `request.path` is a data_files path. dataset_kwargs {"data_files": ...} and "data_dir" as in
/// named_files.h, relative to the task's folder.
std::shared_ptr<const DatasetSplit> load_data_files(const DatasetRequest& request,
                                                    const std::string& split, FirstSplit& kept);

/// dataset_kwargs as an object, {} without.
Json dataset_kwargs(const DatasetRequest& request);

/// The folder of a dataset_path that is written as one (/data/set, ./set, ../set), in the task's
/// folder or here; nothing for other paths. UserError where it is no folder.
std::optional<std::string> local_folder(const DatasetRequest& request);

/// A folder of dataset_path's name, in the task's folder or here; nothing where there is none. The
/// datasets library takes it before it looks at the hub.
std::optional<std::string> folder_of_that_name(const DatasetRequest& request);

}  // namespace flm
