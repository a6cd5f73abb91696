// Python values from and to JSON, from YAML.
#include <nlohmann/json.hpp>

#include "base/documents/unread_value.h"
#include "tasks/python/value.h"

namespace flm {
namespace {

Json to_json_at(const PyValue& value, int depth) {
  check_depth(depth);
  switch (value.kind()) {
    case PyValue::Kind::kNone:
      return nullptr;
    case PyValue::Kind::kBool:
      return value.as_bool();
    case PyValue::Kind::kInt:
      if (value.as_big_int() > INT64_MAX && value.as_big_int() <= UINT64_MAX) {
        return static_cast<uint64_t>(value.as_big_int());
      }
      return value.as_int();
    case PyValue::Kind::kFloat:
      return value.as_float();
    case PyValue::Kind::kString:
      return value.as_string();
    case PyValue::Kind::kList:
    case PyValue::Kind::kTuple: {
      Json out = Json::array();
      for (const PyValue& item : value.items()) out.push_back(to_json_at(item, depth + 1));
      return out;
    }
    case PyValue::Kind::kDict: {
      Json out = Json::object();
      for (const auto& [key, item] : value.dict()) {
        const bool words = key.is_none() || key.is_bool();
        if (!key.is_string() && !key.is_number() && !words) {
          type_error("keys must be str, int, float, bool or None, not " + key.type_name());
        }
        const std::string text = key.is_none()   ? "null"
                                 : key.is_bool() ? (key.as_bool() ? "true" : "false")
                                                 : key.str();
        out[text] = to_json_at(item, depth + 1);
      }
      return out;
    }
    default:
      type_error("Object of type " + value.type_name() + " is not JSON serializable");
  }
}

}  // namespace

PyValue PyValue::from_json(const Json& json) {
  switch (json.type()) {
    case Json::value_t::boolean:
      return json.get<bool>();
    case Json::value_t::number_integer:
      return PyInt{json.get<int64_t>()};
    case Json::value_t::number_unsigned:
      return PyInt{json.get<uint64_t>()};
    case Json::value_t::number_float:
      return json.get<double>();
    case Json::value_t::string:
      return json.get<std::string>();
    case Json::value_t::array: {
      PyList items;
      items.reserve(json.size());
      for (const Json& item : json) items.push_back(from_json(item));
      return items;
    }
    case Json::value_t::object: {
      PyDict dict;
      for (const auto& [key, value] : json.items()) dict.set(key, from_json(value));
      return dict;
    }
    default:
      if (const auto why = why_unread(json)) return undefined(*why);
      FLM_CHECK(json.is_null(), "JSON value without a Python form");
      return {};
  }
}

PyValue PyValue::from_yaml(const YamlNode& node) {
  PyList items;
  PyDict dict;
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return {};
    case YamlNode::Kind::kBool:
      return node.boolean;
    case YamlNode::Kind::kInt:
      return node.integer;
    case YamlNode::Kind::kFloat:
      return node.real;
    case YamlNode::Kind::kString:
    case YamlNode::Kind::kFunction:
      return node.text;
    case YamlNode::Kind::kList:
      for (const YamlNode& item : node.items) items.push_back(from_yaml(item));
      return items;
    case YamlNode::Kind::kMap:
      for (const auto& [key, value] : node.entries) dict.set(from_yaml(key), from_yaml(value));
      return dict;
  }
  return {};
}

Json PyValue::to_json() const { return to_json_at(*this, 0); }

}  // namespace flm
