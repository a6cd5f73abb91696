#include "tasks/python/character_names.h"

#include <unicode/uchar.h>

#include <string>

namespace flm {

std::optional<char32_t> python_named_character(std::string_view name) {
  const std::string text(name);
  for (const UCharNameChoice kind : {U_UNICODE_CHAR_NAME, U_CHAR_NAME_ALIAS}) {
    UErrorCode status = U_ZERO_ERROR;
    const UChar32 found = u_charFromName(kind, text.c_str(), &status);
    const bool surrogate = found >= 0xD800 && found < 0xE000;
    if (U_SUCCESS(status) && !surrogate) return static_cast<char32_t>(found);
  }
  return std::nullopt;
}

std::optional<char32_t> python_read_named_character(std::string_view text, std::size_t& at) {
  if (at >= text.size() || text[at] != '{') return std::nullopt;
  const std::size_t end = text.find('}', at);
  if (end == std::string_view::npos) return std::nullopt;
  const auto found = python_named_character(text.substr(at + 1, end - at - 1));
  if (found) at = end + 1;
  return found;
}

}  // namespace flm
