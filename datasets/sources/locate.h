// Which layout of a data set lies in a folder, and the files of a split in it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "datasets/compression/archive.h"
#include "datasets/sources/manifest.h"

namespace flm {

/// Where manifests and samples lie: installed, else in the source tree.
std::string datasets_folder();

/// The folder of a set's built-in sample; it need not exist.
std::string samples_folder(const DatasetManifest& set);

struct LocatedSplit {
  const DatasetLayout* layout;
  const SplitRule* rule;
  std::vector<std::string> names;  // as in the rule, with the configuration's name
  std::vector<FoundFile> files;
};

/// The first layout whose files of the split are all there. `below`: the data root, or with
/// `is_sample` the folder of the sample itself. Null where none is.
std::optional<LocatedSplit> locate_split(const DatasetManifest& set, const std::string& below,
                                         bool is_sample, const std::string& name,
                                         const std::string& split);

/// What to type, or to do, for a set that is not there. `root`: the data root; "" reads DIR.
std::string how_to_get(const DatasetManifest& set, const std::string& root = "");

/// UserError that lists the splits where the set has no such split.
void check_split(const DatasetManifest& set, const std::string& split);

/// The first file of a split in the official layout, for messages.
std::string first_file(const DatasetManifest& set, const std::string& name,
                       const std::string& split);

}  // namespace flm
