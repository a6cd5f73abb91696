// Values of a tokenizer's JSON files, by key.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/documents/json.h"

namespace flm {

/// "ORIGIN: KEY must be WANTED, not ...".
[[noreturn]] void wrong_json_type(const std::string& origin, const std::string& key,
                                  const char* wanted, const Json& found);
void require_object(const Json& value, const std::string& origin);

/// A key's value or the default; a UserError "ORIGIN: KEY must be ..." where the type is another.
std::string json_string(const Json& object, const char* key, const std::string& origin,
                        const std::string& absent = "");
std::optional<bool> optional_bool(const Json& object, const char* key, const std::string& origin);
bool json_bool(const Json& object, const char* key, const std::string& origin, bool absent);
std::int32_t json_token_id(const Json& value, const std::string& key, const std::string& origin);

/// The value, or null where the key is absent or null.
const Json* json_member(const Json& object, const char* key);

/// The parts of a section of tokenizer.json (normalizer, pre_tokenizer, ...): those of its
/// Sequences, named `list` there, or itself; none where it is null.
std::vector<const Json*> json_components(const Json& file, const char* section, const char* list,
                                         const std::string& origin);

/// UserError for a component that is not among those known.
[[noreturn]] void unknown_component(const std::string& origin, const char* section,
                                    const char* known, const std::string& type);

/// What a Split or Replace looks for.
struct JsonPattern {
  std::string text;
  bool literal = false;
};
JsonPattern json_pattern(const Json& component, const std::string& origin);

}  // namespace flm
