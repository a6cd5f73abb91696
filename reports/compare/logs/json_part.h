// Members and texts of JSON that may not be there.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/documents/json.h"

namespace flm {

/// null where `json` is no object or lacks the key.
inline const Json& part(const Json& json, const char* key) {
  static const Json none;
  if (!json.is_object()) return none;
  const auto found = json.find(key);
  return found == json.end() ? none : *found;
}

/// "" where `json` is no text.
inline std::string text_of(const Json& json) {
  return json.is_string() ? json.get<std::string>() : "";
}

}  // namespace flm
