// What README.md says of a data set's repository: `configs:` and `dataset_info:`.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/documents/json.h"
#include "datasets/sources/declared_features.h"

namespace flm {

/// The patterns of a split.
using NamedPatterns = std::pair<std::string, std::vector<std::string>>;

struct Configuration {
  bool listed = false;  // README.md has it; else its name stands for a folder or a part of names
  std::vector<NamedPatterns> data_files;  // none: the files' names tell the splits
  std::string data_dir;
  Json kwargs;  // its other keys that the `datasets` library follows, as dataset_kwargs
  std::vector<DeclaredFeature> features;
};

/// The configuration `name` of a folder with its README.md; "" is the default or only one, or the
/// first where `any_will_do`. A README without `configs:` has one for every name. Nothing where the
/// README has no such one. UserError for a key of it that would change the rows and is not
/// followed.
std::optional<Configuration> find_configuration(const std::string& folder, const std::string& name,
                                                bool any_will_do);

/// UserError that lists the configurations, where README.md has some and `name` is none of them.
void check_configuration(const std::string& folder, const std::string& name);

}  // namespace flm
