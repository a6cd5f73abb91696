#include "base/documents/unread_value.h"

#include <nlohmann/json.hpp>

namespace flm {

// No reader makes JSON's binary values, which have no text.
Json unread_value(const std::string& why) {
  return Json::binary(Json::binary_t::container_type(why.begin(), why.end()));
}

std::optional<std::string> why_unread(const Json& value) {
  if (!value.is_binary()) return std::nullopt;
  const auto& bytes = value.get_binary();
  return std::string(bytes.begin(), bytes.end());
}

Json without_unread_values(const Json& row) {
  if (row.is_binary()) return nullptr;
  if (!row.is_structured()) return row;
  Json out = row.is_object() ? Json::object() : Json::array();
  for (const auto& [name, value] : row.items()) {
    if (row.is_array())
      out.push_back(without_unread_values(value));
    else if (!value.is_binary())
      out[name] = without_unread_values(value);
  }
  return out;
}

}  // namespace flm
