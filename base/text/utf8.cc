#include "base/text/utf8.h"

#include <cstdint>
#include <cstring>

#include "base/errors.h"

namespace flm {
namespace {

/// Length of the valid character that starts at text[0], or 0. Table 3-7 of the Unicode standard.
size_t character_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto continues = [&](size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const unsigned b = byte(0);
  if (b < 0x80) return 1;
  if (b >= 0xC2 && b <= 0xDF) return continues(1) ? 2 : 0;
  if (b >= 0xE0 && b <= 0xEF) {
    const bool second = continues(1, b == 0xE0 ? 0xA0 : 0x80, b == 0xED ? 0x9F : 0xBF);
    return second && continues(2) ? 3 : 0;
  }
  if (b >= 0xF0 && b <= 0xF4) {
    const bool second = continues(1, b == 0xF0 ? 0x90 : 0x80, b == 0xF4 ? 0x8F : 0xBF);
    return second && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

char32_t code_point(std::string_view c) {
  const auto bits = [&](size_t i) { return static_cast<char32_t>(c[i] & 0x3F); };
  switch (c.size()) {
    case 1:
      return static_cast<unsigned char>(c[0]);
    case 2:
      return (static_cast<char32_t>(c[0] & 0x1F) << 6) | bits(1);
    case 3:
      return (static_cast<char32_t>(c[0] & 0x0F) << 12) | (bits(1) << 6) | bits(2);
    default:
      return (static_cast<char32_t>(c[0] & 0x07) << 18) | (bits(1) << 12) | (bits(2) << 6) |
             bits(3);
  }
}

}  // namespace

std::u32string utf8_decode(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const size_t n = character_length(text.substr(i));
    if (n == 0) throw UserError("invalid UTF-8 at byte " + std::to_string(i));
    out += code_point(text.substr(i, n));
    i += n;
  }
  return out;
}

void utf8_append(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

std::string utf8_encode(std::u32string_view code_points) {
  std::string out;
  for (char32_t c : code_points) utf8_append(out, c);
  return out;
}

bool utf8_valid(std::string_view text) {
  constexpr std::uint64_t kNotAscii = 0x8080808080808080;
  for (size_t i = 0; i < text.size();) {
    std::uint64_t eight = kNotAscii;  // most text is ASCII: eight bytes at once
    if (i + sizeof eight <= text.size()) std::memcpy(&eight, text.data() + i, sizeof eight);
    if ((eight & kNotAscii) == 0) {
      i += sizeof eight;
      continue;
    }
    const size_t n = character_length(text.substr(i));
    if (n == 0) return false;
    i += n;
  }
  return true;
}

size_t utf8_length(std::string_view text) {
  size_t n = 0;
  for (char c : text) n += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return n;
}

size_t utf8_complete_prefix(std::string_view text) {
  size_t start = text.size();
  for (int back = 0; back < 4 && start > 0; ++back) {
    --start;
    const unsigned char b = static_cast<unsigned char>(text[start]);
    if ((b & 0xC0) == 0x80) continue;
    const size_t need = b < 0x80 ? 1 : b < 0xE0 ? 2 : b < 0xF0 ? 3 : 4;
    return text.size() - start >= need ? text.size() : start;
  }
  return text.size();
}

bool utf8_is_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 ||
         c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
         c == 0x205F || c == 0x3000;
}

std::string utf8_rstrip(std::string_view text) {
  std::u32string all = utf8_decode(text);
  while (!all.empty() && utf8_is_space(all.back())) all.pop_back();
  return utf8_encode(all);
}

}  // namespace flm
