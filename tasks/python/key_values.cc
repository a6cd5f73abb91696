#include "tasks/python/key_values.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/text/top_level_parts.h"
#include "tasks/python/literal.h"
#include "tasks/python/text.h"

namespace flm {

Json key_value(const std::string& text) {
  const std::string lower = python_lower(text);
  if (lower == "true" || lower == "false") return lower == "true";
  if (lower == "none") return nullptr;
  try {
    if (python_isdigit(text)) return PyValue(python_parse_int(text)).to_json();
    return python_parse_float(text);
  } catch (const PyError&) {
  }
  if (const auto literal = python_literal(text)) return literal->to_json();
  return Json::accept(text) ? Json::parse(text) : Json(text);
}

Json key_values(const std::vector<std::string>& words) {
  Json out = Json::object();
  for (const std::string& word : words) {
    if (word.starts_with("{")) {
      out.update(parse_json(word, "KEY=VALUE as an object"));
      continue;
    }
    for (const std::string& part : top_level_parts(word)) {
      const std::size_t equals = part.find('=');
      if (equals == std::string::npos) continue;  // refused by whoever takes it
      std::string key = part.substr(0, equals);
      key.erase(0, std::min(key.find_first_not_of(' '), key.size()));
      const std::string text = part.substr(equals + 1);
      const Json value = key_value(text);
      const bool finite = !value.is_number_float() || std::isfinite(value.get<double>());
      out[key] = finite ? value : Json(text);
    }
  }
  return out;
}

}  // namespace flm
