#include "engine/tokenizer/json_values.h"

#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/text/printable.h"

namespace flm {
namespace {

void flatten(const Json& section, const char* name, const char* list, const std::string& origin,
             int depth, std::vector<const Json*>& out) {
  constexpr int kDeepest = 16;
  if (!section.is_object()) throw UserError(origin + ": " + name + " must be an object");
  if (json_string(section, "type", origin) != "Sequence") {
    out.push_back(&section);
    return;
  }
  const Json* inner = json_member(section, list);
  if (!inner || !inner->is_array())
    throw UserError(origin + ": " + name + " Sequence has no list " + list);
  if (depth > kDeepest) throw UserError(origin + ": " + name + " Sequence within too many others");
  for (const Json& step : *inner) flatten(step, name, list, origin, depth + 1, out);
}

}  // namespace

void wrong_json_type(const std::string& origin, const std::string& key, const char* wanted,
                     const Json& found) {
  throw UserError(origin + ": \"" + key + "\" must be " + wanted + ", not " +
                  printable(compact_json(found)));
}

void require_object(const Json& value, const std::string& origin) {
  if (!value.is_object()) throw UserError(origin + ": must hold a JSON object");
}

std::string json_string(const Json& object, const char* key, const std::string& origin,
                        const std::string& absent) {
  const Json* found = json_member(object, key);
  if (!found) return absent;
  if (!found->is_string()) wrong_json_type(origin, key, "a string", *found);
  return found->get<std::string>();
}

std::optional<bool> optional_bool(const Json& object, const char* key, const std::string& origin) {
  const Json* found = json_member(object, key);
  if (!found) return std::nullopt;
  if (!found->is_boolean()) wrong_json_type(origin, key, "true or false", *found);
  return found->get<bool>();
}

bool json_bool(const Json& object, const char* key, const std::string& origin, bool absent) {
  return optional_bool(object, key, origin).value_or(absent);
}

std::int32_t json_token_id(const Json& value, const std::string& key, const std::string& origin) {
  if (!value.is_number_integer() || value < 0 || value > 100'000'000)
    wrong_json_type(origin, key, "a token id", value);
  return value.get<std::int32_t>();
}

const Json* json_member(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::vector<const Json*> json_components(const Json& file, const char* section, const char* list,
                                         const std::string& origin) {
  std::vector<const Json*> out;
  if (const Json* found = json_member(file, section))
    flatten(*found, section, list, origin, 0, out);
  return out;
}

void unknown_component(const std::string& origin, const char* section, const char* known,
                       const std::string& type) {
  throw UserError(origin + ": unknown " + section + " (known: " + known + "): " + type);
}

JsonPattern json_pattern(const Json& component, const std::string& origin) {
  const Json* pattern = json_member(component, "pattern");
  if (pattern && pattern->is_object() && pattern->size() == 1) {
    const std::string kind = pattern->begin().key();
    if ((kind == "Regex" || kind == "String") && pattern->begin()->is_string())
      return {pattern->begin()->get<std::string>(), kind == "String"};
  }
  throw UserError(origin + ": a pattern must be {\"Regex\": text} or {\"String\": text}, not " +
                  (pattern ? printable(compact_json(*pattern)) : "absent"));
}

}  // namespace flm
