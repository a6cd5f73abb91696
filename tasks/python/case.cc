// Case, character classes and repr of Python's str: what needs the Unicode tables.
#include <unicode/locid.h>
#include <unicode/stringoptions.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>

#include "base/text/utf8.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

icu::UnicodeString to_icu(std::string_view text) {
  return icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
}

std::string from_icu(const icu::UnicodeString& text) {
  std::string out;
  return text.toUTF8String(out);
}

bool cased(char32_t c) { return u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_CASED); }

/// The full title-case mapping of one character.
std::string title_of(char32_t c) {
  const icu::UnicodeString one(static_cast<UChar32>(c));
  icu::UnicodeString out(one);
  return from_icu(out.toTitle(nullptr, icu::Locale::getRoot(),
                              U_TITLECASE_WHOLE_STRING | U_TITLECASE_NO_BREAK_ADJUSTMENT));
}

std::string upper_of(char32_t c) { return python_upper(utf8_encode(std::u32string_view(&c, 1))); }

/// Lower case of all[i] in its context: a capital sigma at the end of a word is final.
std::string lower_of(const std::u32string& all, size_t i) {
  if (all[i] != 0x3A3) return python_lower(utf8_encode(std::u32string_view(&all[i], 1)));
  const auto ignorable = [&](size_t k) {
    return u_hasBinaryProperty(static_cast<UChar32>(all[k]), UCHAR_CASE_IGNORABLE);
  };
  size_t before = i, after = i + 1;
  while (before > 0 && ignorable(before - 1)) --before;
  while (after < all.size() && ignorable(after)) ++after;
  const bool is_final =
      before > 0 && cased(all[before - 1]) && (after == all.size() || !cased(all[after]));
  return is_final ? "ς" : "σ";
}

template <class Test>
bool all_of(std::string_view text, Test test) {
  const std::u32string all = utf8_decode(text);
  return !all.empty() && std::all_of(all.begin(), all.end(), test);
}

int numeric_type(char32_t c) {
  return u_getIntPropertyValue(static_cast<UChar32>(c), UCHAR_NUMERIC_TYPE);
}
bool is_decimal(char32_t c) { return numeric_type(c) == U_NT_DECIMAL; }
bool is_digit(char32_t c) { return is_decimal(c) || numeric_type(c) == U_NT_DIGIT; }
bool is_numeric(char32_t c) { return numeric_type(c) != U_NT_NONE; }
bool is_alpha(char32_t c) { return (U_GET_GC_MASK(static_cast<UChar32>(c)) & U_GC_L_MASK) != 0; }

bool is_lower(char32_t c) { return u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_LOWERCASE); }
bool is_upper(char32_t c) { return u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_UPPERCASE); }
bool is_title(char32_t c) { return u_charType(static_cast<UChar32>(c)) == U_TITLECASE_LETTER; }

/// str.isprintable of one character, by CPython 3.11's tables, which are those of Unicode 14.
bool printable(char32_t c) {
  if (c == ' ') return true;
  const auto kind = static_cast<UChar32>(c);
  const uint32_t hidden = U_GC_C_MASK | U_GC_Z_MASK;
  if (U_GET_GC_MASK(kind) & hidden) return false;
  UVersionInfo age;
  u_charAge(kind, age);
  return age[0] <= 14;
}

void append_escape(std::string& out, char32_t c) {
  static constexpr char kDigits[] = "0123456789abcdef";
  const int digits = c <= 0xFF ? 2 : c <= 0xFFFF ? 4 : 8;
  out += digits == 2 ? "\\x" : digits == 4 ? "\\u" : "\\U";
  for (int shift = 4 * digits - 4; shift >= 0; shift -= 4) out += kDigits[(c >> shift) & 15];
}

}  // namespace

std::string python_upper(std::string_view text) {
  return from_icu(to_icu(text).toUpper(icu::Locale::getRoot()));
}
std::string python_lower(std::string_view text) {
  return from_icu(to_icu(text).toLower(icu::Locale::getRoot()));
}
std::string python_casefold(std::string_view text) { return from_icu(to_icu(text).foldCase()); }

const PythonCases& python_regex_cases() {
  static const PythonCases all = [] {
    std::map<std::string, std::u32string> alike;  // by the upper case of the lower case
    for (char32_t c = 0; c <= 0x10FFFF; ++c) {
      if (!cased(c)) continue;
      alike[upper_of(static_cast<char32_t>(u_tolower(static_cast<UChar32>(c))))] += c;
    }
    PythonCases out;
    for (const auto& [upper, characters] : alike) {
      if (characters.size() == 1) continue;
      for (const char32_t c : characters) out[c] = characters;
    }
    return out;
  }();
  return all;
}

std::string python_capitalize(std::string_view text) {
  const std::u32string all = utf8_decode(text);
  std::string out;
  for (size_t i = 0; i < all.size(); ++i) out += i == 0 ? title_of(all[0]) : lower_of(all, i);
  return out;
}

std::string python_title(std::string_view text) {
  const std::u32string all = utf8_decode(text);
  std::string out;
  for (size_t i = 0; i < all.size(); ++i) {
    out += i > 0 && cased(all[i - 1]) ? lower_of(all, i) : title_of(all[i]);
  }
  return out;
}

std::string python_swapcase(std::string_view text) {
  const std::u32string all = utf8_decode(text);
  std::string out;
  for (size_t i = 0; i < all.size(); ++i) {
    if (is_upper(all[i])) {
      out += lower_of(all, i);
    } else if (is_lower(all[i])) {
      out += upper_of(all[i]);
    } else {
      utf8_append(out, all[i]);
    }
  }
  return out;
}

int python_decimal_value(char32_t c) {
  return is_decimal(c) ? u_charDigitValue(static_cast<UChar32>(c)) : -1;
}

bool python_isspace(std::string_view text) { return all_of(text, utf8_is_space); }
bool python_isdigit(std::string_view text) { return all_of(text, is_digit); }
bool python_isdecimal(std::string_view text) { return all_of(text, is_decimal); }
bool python_isnumeric(std::string_view text) { return all_of(text, is_numeric); }
bool python_isalpha(std::string_view text) { return all_of(text, is_alpha); }
bool python_isalnum(std::string_view text) {
  return all_of(text, [](char32_t c) { return is_alpha(c) || is_numeric(c); });
}

bool python_islower(std::string_view text) {
  const std::u32string all = utf8_decode(text);
  const auto other = [](char32_t c) { return is_upper(c) || is_title(c); };
  return std::any_of(all.begin(), all.end(), is_lower) &&
         std::none_of(all.begin(), all.end(), other);
}

bool python_isupper(std::string_view text) {
  const std::u32string all = utf8_decode(text);
  const auto other = [](char32_t c) { return is_lower(c) || is_title(c); };
  return std::any_of(all.begin(), all.end(), is_upper) &&
         std::none_of(all.begin(), all.end(), other);
}

bool python_istitle(std::string_view text) {
  bool any = false, previous_cased = false;
  for (const char32_t c : utf8_decode(text)) {
    const bool starts = is_upper(c) || is_title(c), continues = is_lower(c);
    if ((starts && previous_cased) || (continues && !previous_cased)) return false;
    previous_cased = starts || continues;
    any = any || previous_cased;
  }
  return any;
}

std::string python_repr(std::string_view text) {
  const bool single = text.find('\'') != std::string_view::npos,
             twice = text.find('"') != std::string_view::npos;
  const char32_t quote = single && !twice ? '"' : '\'';
  std::string out(1, static_cast<char>(quote));
  for (const char32_t c : utf8_decode(text)) {
    if (c == quote || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\n' || c == '\r' || c == '\t') {
      out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
    } else if (printable(c)) {
      utf8_append(out, c);
    } else {
      append_escape(out, c);
    }
  }
  return out += static_cast<char>(quote);
}

std::string python_ascii(std::string_view repr) {
  std::string out;
  for (const char32_t c : utf8_decode(repr)) {
    if (c < 0x80)
      out += static_cast<char>(c);
    else
      append_escape(out, c);
  }
  return out;
}

}  // namespace flm
