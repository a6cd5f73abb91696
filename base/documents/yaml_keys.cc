#include "base/documents/yaml_keys.h"

#include <algorithm>

#include "base/errors.h"

namespace flm {

std::string text_under(const YamlNode& map, std::string_view key) {
  const YamlNode* node = map.find(key);
  return node && !node->is_null() ? node->text : "";
}

const YamlNode* unknown_key(const YamlNode& map, const std::vector<std::string>& known) {
  for (const auto& [key, value] : map.entries)
    if (std::find(known.begin(), known.end(), key.text) == known.end()) return &key;
  return nullptr;
}

void refuse_node(const std::string& origin, const YamlNode& node, const std::string& what) {
  throw UserError(origin + ":" + std::to_string(node.line) + ": " + what);
}

}  // namespace flm
