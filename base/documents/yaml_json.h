// YAML as the JSON of the same values.
#pragma once

#include <functional>

#include "base/documents/json.h"
#include "base/documents/yaml.h"

namespace flm {

/// Keys by their text. JSON has no !function: what such a node is, or that there must be none,
/// `of_function` says.
Json yaml_as_json(const YamlNode& node, const std::function<Json(const YamlNode&)>& of_function);

}  // namespace flm
