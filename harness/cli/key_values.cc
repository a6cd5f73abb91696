#include "harness/cli/key_values.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/errors.h"
#include "base/text/top_level_parts.h"

namespace flm {
namespace {

constexpr std::size_t kLongestInteger = 18;  // digits that fit into 64 bits

std::optional<Json> json_of(const std::string& text) {
  try {
    return parse_json(text, "a value");
  } catch (const UserError&) {
    return std::nullopt;
  }
}

bool is_whole_number(const std::string& text) {
  return !text.empty() && text.size() <= kLongestInteger &&
         text.find_first_not_of("0123456789") == std::string::npos;
}

/// Python's float() of what looks like a number; "nan" and "inf" stay texts, for JSON has neither.
std::optional<double> number_of(const std::string& text) {
  if (text.empty() || text.find_first_not_of("0123456789+-.eE") != std::string::npos)
    return std::nullopt;
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  return *end == '\0' ? std::optional(number) : std::nullopt;
}

/// Python's literals: 'text', [..], {..}. Quotes are those of JSON where that reads.
std::optional<Json> literal_of(const std::string& text) {
  if (text == "None") return Json();
  const bool quoted =
      text.size() > 1 && (text[0] == '"' || text[0] == '\'') && text.back() == text[0];
  if (quoted) return Json(text.substr(1, text.size() - 2));
  if (!text.starts_with("[") && !text.starts_with("{")) return std::nullopt;
  if (const auto plain = json_of(text)) return plain;
  std::string other = text;
  std::replace(other.begin(), other.end(), '\'', '"');
  return json_of(other);
}

/// handle_cli_value_string.
Json value_of_word(const std::string& text) {
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  if (lower == "true" || lower == "false") return lower == "true";
  if (is_whole_number(text)) return static_cast<std::int64_t>(std::stoll(text));
  if (const auto number = number_of(text)) return *number;
  if (auto literal = literal_of(text)) return std::move(*literal);
  return text;
}

}  // namespace

Json key_values(const std::vector<std::string>& words) {
  Json out = Json::object();
  for (const std::string& word : words) {
    if (word.starts_with("{")) {
      if (const auto object = json_of(word); object && object->is_object()) out.update(*object);
      continue;
    }
    for (const std::string& part : top_level_parts(word)) {
      const std::size_t equals = part.find('=');
      if (equals == std::string::npos) continue;  // refused by whoever takes it
      std::string key = part.substr(0, equals);
      key.erase(0, std::min(key.find_first_not_of(' '), key.size()));
      out[key] = value_of_word(part.substr(equals + 1));
    }
  }
  return out;
}

}  // namespace flm
