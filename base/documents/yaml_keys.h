// What readers of settings in YAML ask of a map, and how they refuse a node.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/documents/yaml.h"

namespace flm {

/// The scalar under the key as it is written; "" where the key is not there, or null.
std::string text_under(const YamlNode& map, std::string_view key);

/// The first key of the map that is none of `known`; null where all are known.
const YamlNode* unknown_key(const YamlNode& map, const std::vector<std::string>& known);

/// UserError "ORIGIN:LINE: WHAT".
[[noreturn]] void refuse_node(const std::string& origin, const YamlNode& node,
                              const std::string& what);

}  // namespace flm
