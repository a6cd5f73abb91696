#include "base/documents/yaml_json.h"

#include <nlohmann/json.hpp>

namespace flm {

Json yaml_as_json(const YamlNode& node, const std::function<Json(const YamlNode&)>& of_function) {
  using Kind = YamlNode::Kind;
  switch (node.kind) {
    case Kind::kNull:
      return nullptr;
    case Kind::kBool:
      return node.boolean;
    case Kind::kInt:
      return node.integer;
    case Kind::kFloat:
      return node.real;
    case Kind::kString:
      return node.text;
    case Kind::kFunction:
      return of_function(node);
    case Kind::kList: {
      Json list = Json::array();
      for (const YamlNode& item : node.items) list.push_back(yaml_as_json(item, of_function));
      return list;
    }
    case Kind::kMap: {
      Json map = Json::object();
      for (const auto& [key, value] : node.entries)
        map[key.text] = yaml_as_json(value, of_function);
      return map;
    }
  }
  return nullptr;
}

}  // namespace flm
