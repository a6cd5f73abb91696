#include "reports/figures/display_width.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <cstdio>

#include "base/text/utf8.h"

namespace flm {
namespace {

constexpr char32_t kEmojiStyle = 0xFE0F, kJoiner = 0x200D, kSoftHyphen = 0xAD;

bool is_wide(char32_t c) {
  const int width = u_getIntPropertyValue(static_cast<UChar32>(c), UCHAR_EAST_ASIAN_WIDTH);
  return width == U_EA_WIDE || width == U_EA_FULLWIDTH;
}

/// Format characters do not show, but for a soft hyphen and the Arabic signs that stand before a
/// number, which terminals draw.
bool is_hidden_format(char32_t c) {
  const auto point = static_cast<UChar32>(c);
  return u_charType(point) == U_FORMAT_CHAR && c != kSoftHyphen &&
         !u_hasBinaryProperty(point, UCHAR_PREPENDED_CONCATENATION_MARK);
}

/// A vowel or final consonant that is drawn into the syllable of the consonant before it.
bool is_inner_jamo(char32_t c) {
  const int type = u_getIntPropertyValue(static_cast<UChar32>(c), UCHAR_HANGUL_SYLLABLE_TYPE);
  return type == U_HST_VOWEL_JAMO || type == U_HST_TRAILING_JAMO;
}

bool is_mark(char32_t c) {
  const auto kind = u_charType(static_cast<UChar32>(c));
  return kind == U_NON_SPACING_MARK || kind == U_ENCLOSING_MARK || is_hidden_format(c) ||
         is_inner_jamo(c);
}

/// Two of them are a flag.
bool is_regional_indicator(char32_t c) {
  return u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_REGIONAL_INDICATOR);
}

bool is_emoji(char32_t c) { return u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_EMOJI); }

bool is_skin_tone(char32_t c) {
  return u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_EMOJI_MODIFIER);
}

}  // namespace

std::size_t display_width(std::string_view text) {
  const std::u32string points = utf8_decode(text);
  std::size_t width = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const char32_t c = points[i];
    const bool joined = i > 0 && points[i - 1] == kJoiner && is_emoji(c);
    const bool toned = i > 0 && is_skin_tone(c) && is_emoji(points[i - 1]);
    if (is_mark(c) || joined || toned) continue;
    if (is_regional_indicator(c)) {
      width += 2;
      if (i + 1 < points.size() && is_regional_indicator(points[i + 1])) ++i;
      continue;
    }
    const bool emoji = i + 1 < points.size() && points[i + 1] == kEmojiStyle && is_emoji(c);
    width += is_wide(c) || emoji ? 2 : 1;
  }
  return width;
}

bool turns_direction(char32_t c) {
  return u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_BIDI_CONTROL);
}

std::string spelled_out(char32_t c) {
  char code[16];
  std::snprintf(code, sizeof code, c < 0x100 ? "\\x%02x" : "\\u%04x", static_cast<unsigned>(c));
  return code;
}

std::string terminal_safe(std::string_view text) {
  std::string out;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto size = static_cast<std::int32_t>(text.size());
  for (std::int32_t at = 0; at < size;) {
    UChar32 c = 0;
    U8_NEXT(bytes, at, size, c);
    if (c < 0) {
      out += "\xEF\xBF\xBD";
    } else if (u_charType(c) == U_CONTROL_CHAR || turns_direction(static_cast<char32_t>(c))) {
      out += spelled_out(static_cast<char32_t>(c));
    } else {
      utf8_append(out, static_cast<char32_t>(c));
    }
  }
  return out;
}

}  // namespace flm
