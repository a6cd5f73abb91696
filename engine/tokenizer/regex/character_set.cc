#include "engine/tokenizer/regex/character_set.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <vector>

#include "base/errors.h"
#include "engine/tokenizer/regex/unicode_16.h"

namespace flm {
namespace {

constexpr std::uint32_t kEveryCategory = 0x3FFFFFFF;
constexpr UChar32 kMoved = 0x1171E;  // the one character that went from Mn to Mc

CharacterSet by_icu(UProperty property, std::int32_t value) {
  CharacterSet set;
  UErrorCode error = U_ZERO_ERROR;
  set.applyIntPropertyValue(property, value, error);
  FLM_CHECK(U_SUCCESS(error), std::string("ICU: ") + u_errorName(error));
  return set;
}

std::uint32_t mask_of(const char* category) {
  return static_cast<std::uint32_t>(u_getPropertyValueEnum(UCHAR_GENERAL_CATEGORY_MASK, category));
}

/// ICU's set with the new characters put in or out as `belongs` says; what ICU knows beyond 16.0
/// goes.
template <typename Belongs>
CharacterSet as_of_unicode_16(CharacterSet set, bool unassigned, const Belongs& belongs) {
  for (const NewCharacters& some : characters_since_unicode_14()) {
    const auto first = static_cast<UChar32>(some.first), last = static_cast<UChar32>(some.last);
    if (belongs(some))
      set.add(first, last);
    else
      set.remove(first, last);
  }
  CharacterSet later = by_icu(UCHAR_GENERAL_CATEGORY_MASK,
                              static_cast<std::int32_t>(kEveryCategory & ~U_GC_CN_MASK));
  UErrorCode error = U_ZERO_ERROR;
  CharacterSet known;
  known.applyPropertyAlias("age", "16.0", error);
  FLM_CHECK(U_SUCCESS(error), std::string("ICU: ") + u_errorName(error));
  later.removeAll(known);
  unassigned ? set.addAll(later) : set.removeAll(later);
  return set;
}

CharacterSet binary_set(UProperty property, std::uint8_t bit) {
  return as_of_unicode_16(by_icu(property, 1), false,
                          [&](const NewCharacters& some) { return (some.properties & bit) != 0; });
}

CharacterSet script_set(UScriptCode script) {
  const char* name = uscript_getShortName(script);
  return as_of_unicode_16(
      by_icu(UCHAR_SCRIPT, script), script == USCRIPT_UNKNOWN,
      [&](const NewCharacters& some) { return std::strcmp(some.script, name) == 0; });
}

CharacterSet ranges(std::initializer_list<std::array<UChar32, 2>> all) {
  CharacterSet set;
  for (const auto& [first, last] : all) set.add(first, last);
  return set;
}

CharacterSet without_surrogates(CharacterSet set) {
  set.remove(0xD800, 0xDFFF);
  return set;
}

std::string loose(std::string_view name) {
  std::string out;
  for (const char c : name)
    if (c != ' ' && c != '-' && c != '_')
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::string escaped(UChar32 c) {
  char text[16];
  std::snprintf(text, sizeof text, "\\x{%X}", static_cast<unsigned>(c));
  return text;
}

/// Categories whose letters PCRE2 knows by one name, the wider ones first.
constexpr std::array kNamed = {"L",  "M",  "N",  "P",  "S",  "Z",  "Lu", "Ll", "Lt",
                               "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc",
                               "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk",
                               "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Co", "Cn"};

/// A category as PCRE2 may have it: the characters that every version counts to it, and all those
/// that some version does.
struct Category {
  const char* name;
  CharacterSet always, ever;
};

Category category_of(const char* name) {
  Category out{name, category_set(mask_of(name)), {}};
  out.ever = out.always;
  for (const NewCharacters& some : characters_since_unicode_14()) {
    const auto first = static_cast<UChar32>(some.first), last = static_cast<UChar32>(some.last);
    const bool unassigned_before = std::strcmp(name, "Cn") == 0 && first != kMoved;
    const bool moved = first == kMoved && name[0] == 'M';
    if (unassigned_before || moved) out.ever.add(first, last);
    out.always.remove(first, last);
  }
  out.always.freeze();
  out.ever.freeze();
  return out;
}

const std::vector<Category>& categories() {
  static const std::vector<Category> all = [] {
    std::vector<Category> made;
    for (const char* name : kNamed) made.push_back(category_of(name));
    return made;
  }();
  return all;
}

struct ClassText {
  std::string text;
  std::int32_t ranges = 0;
};

ClassText inner_class(const CharacterSet& set, bool by_category) {
  ClassText out;
  CharacterSet rest = set;
  for (const Category& category : categories()) {
    if (!by_category || !set.containsAll(category.ever)) continue;
    if (!rest.containsSome(category.always)) continue;
    out.text += std::string("\\p{") + category.name + "}";
    rest.removeAll(category.always);
  }
  out.ranges = rest.getRangeCount();
  for (std::int32_t i = 0; i < out.ranges; ++i) {
    const UChar32 first = rest.getRangeStart(i), last = rest.getRangeEnd(i);
    out.text += escaped(first);
    if (last > first) out.text += (last > first + 1 ? "-" : "") + escaped(last);
  }
  return out;
}

}  // namespace

CharacterSet category_set(std::uint32_t mask) {
  return without_surrogates(as_of_unicode_16(
      by_icu(UCHAR_GENERAL_CATEGORY_MASK, static_cast<std::int32_t>(mask)),
      (mask & U_GC_CN_MASK) != 0,
      [&](const NewCharacters& some) { return (mask_of(some.category) & mask) != 0; }));
}

CharacterSet alphabetic_set() {
  // Marks that were there in Unicode 14.0 and became alphabetic since.
  return binary_set(UCHAR_ALPHABETIC, NewCharacters::kAlphabetic)
      .addAll(ranges(
          {{0x363, 0x36F}, {0xC04, 0xC04}, {0xF82, 0xF83}, {0x1DD3, 0x1DE6}, {0x11080, 0x11081}}));
}

CharacterSet white_space_set() { return binary_set(UCHAR_WHITE_SPACE, 0); }

CharacterSet word_set(bool in_brackets) {
  CharacterSet set = alphabetic_set();
  set.addAll(category_set(U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK));
  if (!in_brackets) set.addAll(ranges({{0xB2, 0xB3}, {0xB9, 0xB9}, {0xBC, 0xBE}}));
  return set;
}

CharacterSet rust_word_set() { return word_set(true).add(0x200C, 0x200D); }

std::optional<CharacterSet> posix_set(const std::string& name) {
  const std::uint32_t kUnseen = U_GC_CC_MASK | U_GC_CN_MASK | U_GC_CS_MASK;
  if (name == "alpha") return alphabetic_set();
  if (name == "digit") return category_set(U_GC_ND_MASK);
  if (name == "alnum") return CharacterSet(alphabetic_set()).addAll(category_set(U_GC_ND_MASK));
  if (name == "word") return word_set(true);
  if (name == "upper") return binary_set(UCHAR_UPPERCASE, NewCharacters::kUppercase);
  if (name == "lower") return binary_set(UCHAR_LOWERCASE, NewCharacters::kLowercase);
  if (name == "space") return white_space_set();
  if (name == "blank") return category_set(U_GC_ZS_MASK).add(0x9);
  if (name == "punct") return category_set(U_GC_P_MASK | U_GC_S_MASK);
  if (name == "cntrl") return category_set(U_GC_CC_MASK);
  if (name == "graph") return category_set(kEveryCategory & ~(kUnseen | U_GC_Z_MASK));
  if (name == "print")
    return category_set(kEveryCategory & ~(kUnseen | U_GC_ZL_MASK | U_GC_ZP_MASK));
  if (name == "xdigit") return ranges({{'0', '9'}, {'A', 'F'}, {'a', 'f'}});
  if (name == "ascii") return ranges({{0, 0x7F}});
  return std::nullopt;
}

std::optional<CharacterSet> property_set(std::string_view name) {
  const std::string key = loose(name);
  if (key == "any") return without_surrogates(ranges({{0, 0x10FFFF}}));
  if (key == "assigned") return category_set(kEveryCategory & ~(U_GC_CN_MASK | U_GC_CS_MASK));
  if (key == "word") return word_set(false);
  if (key == "alphabetic") return alphabetic_set();
  if (key == "uppercase") return posix_set("upper");
  if (key == "lowercase") return posix_set("lower");
  if (key == "whitespace") return white_space_set();
  if (key == "emoji") return binary_set(UCHAR_EMOJI, NewCharacters::kEmoji);
  if (key == "punct") return category_set(U_GC_P_MASK);
  if (key.find_first_not_of("abcdefghijklmnopqrstuvwxyz") != key.npos) return std::nullopt;
  if (const auto posix = posix_set(key)) return posix;
  const std::int32_t mask = u_getPropertyValueEnum(UCHAR_GENERAL_CATEGORY_MASK, key.c_str());
  if (mask != UCHAR_INVALID_CODE) return category_set(static_cast<std::uint32_t>(mask));
  const std::int32_t script = u_getPropertyValueEnum(UCHAR_SCRIPT, key.c_str());
  if (script != UCHAR_INVALID_CODE) return script_set(static_cast<UScriptCode>(script));
  return std::nullopt;
}

std::string pcre2_class(const CharacterSet& set, bool by_category) {
  constexpr std::int32_t kFewRanges = 16;  // as quick to search as categories, and so is the rest
  if (set.getRangeCount() <= kFewRanges) by_category = false;
  CharacterSet rest = set;
  const ClassText direct = inner_class(set, by_category);
  const ClassText inverse = inner_class(without_surrogates(rest.complement()), by_category);
  if (inverse.text.empty()) return "[\\x{0}-\\x{10FFFF}]";
  if (direct.text.empty()) return "(?!)";
  const bool shorter = inverse.text.size() < direct.text.size();
  return shorter ? "[^" + inverse.text + "]" : "[" + direct.text + "]";
}

}  // namespace flm
