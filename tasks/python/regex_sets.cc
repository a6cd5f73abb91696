#include "tasks/python/regex_sets.h"

#include <string_view>

namespace flm {
namespace {

constexpr std::string_view kSpace =
    "\\x09-\\x0d\\x1c-\\x20\\x85\\xa0\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{"
    "205f}\\x{3000}";
constexpr std::string_view kNotSpace =
    "\\x00-\\x08\\x0e-\\x1b\\x21-\\x84\\x86-\\x9f\\xa1-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{"
    "2027}"
    "\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{10ffff}";
constexpr std::string_view kWord = "\\p{L}\\p{N}_";
constexpr std::string_view kNotWord =  // every category but L and N, less '_'
    "\\p{M}\\p{S}\\p{Z}\\p{C}\\p{Ps}\\p{Pe}\\p{Pi}\\p{Pf}\\p{Pd}\\p{Po}\\x{203f}\\x{2040}\\x{2054}"
    "\\x{fe33}"
    "\\x{fe34}\\x{fe4d}-\\x{fe4f}\\x{ff3f}";

/// Of ASCII letters, for patterns with the flag a: as python_regex_cases.
const PythonCases& ascii_cases() {
  static const PythonCases all = [] {
    PythonCases out;
    for (char32_t c = 'A'; c <= 'Z'; ++c) out[c] = out[c + 32] = {c, c + 32};
    return out;
  }();
  return all;
}

std::string boundary(bool ascii) {
  const std::string word = "[" + *python_set_members('w', ascii) + "]";
  return "(?:(?<=" + word + ")(?!" + word + ")|(?<!" + word + ")(?=" + word + "))";
}

}  // namespace

std::optional<std::string> python_set_members(char letter, bool ascii) {
  const auto members = [&](std::string_view unicode, std::string_view plain) {
    return std::string(ascii ? plain : unicode);
  };
  switch (letter) {
    case 'd':
      return members("\\p{Nd}", "0-9");
    case 'D':
      return members("\\P{Nd}", "\\x00-/:-\\x{10ffff}");
    case 's':
      return members(kSpace, "\\x09-\\x0d\\x20");
    case 'S':
      return members(kNotSpace, "\\x00-\\x08\\x0e-\\x1f!-\\x{10ffff}");
    case 'w':
      return members(kWord, "0-9A-Za-z_");
    case 'W':
      return members(kNotWord, "\\x00-/:-@\\x5b-\\x5e`{-\\x{10ffff}");
    default:
      return std::nullopt;
  }
}

std::optional<std::string> python_position(char letter, bool ascii) {
  switch (letter) {
    case 'A':
      return "\\A";
    case 'Z':
      return "\\z";
    case 'b':
      return boundary(ascii);
    case 'B':
      return "(?!" + boundary(ascii) + ")(?!\\A\\z)";
    default:
      return std::nullopt;
  }
}

const PythonCases& python_cases(bool ascii) { return ascii ? ascii_cases() : python_regex_cases(); }

std::string pcre2_character(char32_t c) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  do {
    hex.insert(hex.begin(), kDigits[c & 15]);
    c >>= 4;
  } while (c > 0);
  return "\\x{" + hex + "}";
}

}  // namespace flm
