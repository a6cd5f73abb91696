// Data sets that Hugging Face's libraries have left on this machine.
#pragma once

#include <memory>
#include <string>

#include "datasets/dataset.h"
#include "datasets/sources/data_files.h"

namespace flm {

/// A split out of the `datasets` library's Arrow files (HF_DATASETS_CACHE, HF_HOME/datasets,
/// ~/.cache/huggingface/datasets). `name` "" or "default" is the only or default configuration.
/// Null where they do not hold it.
std::shared_ptr<const DatasetSplit> load_library_files(const std::string& id,
                                                       const std::string& name,
                                                       const std::string& split);

/// The snapshot of a hub repository (HF_HUB_CACHE, HF_HOME/hub, ~/.cache/huggingface/hub): that of
/// refs/main, else the newest; "" where there is none.
std::string snapshot_folder(const std::string& id);

/// A split out of a folder laid out as a data set's repository, in any known format, or out of the
/// files of it that `kwargs` (dataset_kwargs) names; null where it is not there. A shard that is
/// missing is a UserError.
std::shared_ptr<const DatasetSplit> load_snapshot(const std::string& folder,
                                                  const std::string& name, const std::string& split,
                                                  const Json& kwargs, FirstSplit& kept);

/// Where the caches hold the data set: a folder, or "".
std::string cached_folder(const std::string& id);

}  // namespace flm
