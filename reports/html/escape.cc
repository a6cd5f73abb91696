#include "reports/html/escape.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "base/text/utf8.h"
#include "reports/figures/display_width.h"

namespace flm {
namespace {

bool is_control(UChar32 c) {
  return u_charType(c) == U_CONTROL_CHAR && c != '\t' && c != '\n' && c != '\r';
}

void append(std::string& out, UChar32 c) {
  switch (c) {
    case '&':
      out += "&amp;";
      return;
    case '<':
      out += "&lt;";
      return;
    case '>':
      out += "&gt;";
      return;
    case '"':
      out += "&quot;";
      return;
    default:
      break;
  }
  if (c < 0) {
    out += "\xEF\xBF\xBD";
  } else if (is_control(c) || turns_direction(static_cast<char32_t>(c))) {
    out += spelled_out(static_cast<char32_t>(c));
  } else {
    utf8_append(out, static_cast<char32_t>(c));
  }
}

/// Calls `take` with each character, below 0 for invalid bytes.
template <typename Take>
void for_each_character(std::string_view text, Take&& take) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto size = static_cast<std::int64_t>(text.size());
  for (std::int64_t at = 0; at < size;) {
    UChar32 c = 0;
    U8_NEXT(bytes, at, size, c);
    take(c);
  }
}

}  // namespace

std::string html_escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for_each_character(text, [&](UChar32 c) { append(out, c); });
  return out;
}

std::string valid_utf8(std::string_view text) {
  if (utf8_valid(text)) return std::string(text);
  std::string out;
  for_each_character(
      text, [&](UChar32 c) { utf8_append(out, c < 0 ? U'\uFFFD' : static_cast<char32_t>(c)); });
  return out;
}

}  // namespace flm
