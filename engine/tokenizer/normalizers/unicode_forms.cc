#include "engine/tokenizer/normalizers/unicode_forms.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>
#include <unicode/uchar.h>
#include <unicode/uniset.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>

#include "base/errors.h"
#include "base/text/utf8.h"

namespace flm {
namespace {

void check(UErrorCode error) {
  FLM_CHECK(U_SUCCESS(error), std::string("ICU: ") + u_errorName(error));
}

/// The characters that Unicode 9.0 had.
const icu::UnicodeSet& known_characters() {
  static const icu::UnicodeSet all = [] {
    UErrorCode error = U_ZERO_ERROR;
    icu::UnicodeSet set;
    set.applyPropertyAlias("age", "9.0", error);
    check(error);
    set.freeze();
    return set;
  }();
  return all;
}

const icu::Normalizer2& instance_of(UnicodeForm form) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* found =
      form == UnicodeForm::kNfc    ? icu::Normalizer2::getNFCInstance(error)
      : form == UnicodeForm::kNfd  ? icu::Normalizer2::getNFDInstance(error)
      : form == UnicodeForm::kNfkc ? icu::Normalizer2::getNFKCInstance(error)
                                   : icu::Normalizer2::getNFKDInstance(error);
  check(error);
  return *found;
}

icu::StringPiece piece(std::string_view text) {
  return {text.data(), static_cast<std::int32_t>(text.size())};
}

std::string normalized(const icu::Normalizer2& form, std::string_view text) {
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  UErrorCode error = U_ZERO_ERROR;
  form.normalizeUTF8(0, piece(text), sink, nullptr, error);
  check(error);
  return out;
}

/// The character at `at`, which goes on behind it.
UChar32 next_character(std::string_view text, std::size_t& at) {
  auto i = static_cast<std::int32_t>(at);
  UChar32 c;
  U8_NEXT(text.data(), i, static_cast<std::int32_t>(text.size()), c);
  at = static_cast<std::size_t>(i);
  return c;
}

/// End of the stretch from `begin` that normalizes independently of what follows.
std::size_t stretch_end(const icu::Normalizer2& form, std::string_view text, std::size_t begin) {
  std::size_t at = begin;
  next_character(text, at);
  while (at < text.size()) {
    const std::size_t start = at;
    if (form.hasBoundaryBefore(next_character(text, at))) return start;
  }
  return text.size();
}

/// Letters whose lower case is newer than Unicode 14.0: `first` .. `last` in steps of `step`.
struct NewCase {
  UChar32 first, last, step, lower;
};
constexpr std::array<NewCase, 8> kNewCases = {{{0x1C89, 0x1C89, 1, 0x1C8A},
                                               {0xA7CB, 0xA7CB, 1, 0x264},
                                               {0xA7CC, 0xA7CE, 2, 0xA7CD},
                                               {0xA7D2, 0xA7D4, 2, 0xA7D3},
                                               {0xA7DA, 0xA7DA, 1, 0xA7DB},
                                               {0xA7DC, 0xA7DC, 1, 0x19B},
                                               {0x10D50, 0x10D65, 1, 0x10D70},
                                               {0x16EA0, 0x16EB8, 1, 0x16EBB}}};

void append_lower_case(UChar32 c, std::string& out) {
  for (const NewCase& some : kNewCases) {
    if (c < some.first || c > some.last || (c - some.first) % some.step != 0) continue;
    utf8_append(out, static_cast<char32_t>(some.lower + (c - some.first)));
    return;
  }
  if (c == 0x130)  // the only letter that becomes two
    out += "i\xCC\x87";
  else
    utf8_append(out, static_cast<char32_t>(u_tolower(c)));
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// A mark in Unicode 9.0: two characters have become letters since, and one a mark.
bool is_old_mark(UChar32 c) {
  constexpr UChar32 kMarkUntilUnicode12 = 0x1CF2, kAnother = 0x1CF3, kMarkSinceUnicode11 = 0x111C9;
  if (c == kMarkSinceUnicode11) return false;
  return ((U_GET_GC_MASK(c) & U_GC_M_MASK) != 0 || c == kMarkUntilUnicode12 || c == kAnother) &&
         known_characters().contains(c);
}

}  // namespace

Normalized to_form(UnicodeForm which, Normalized text) {
  if (text.text.size() > 0x7FFFFFF0)
    throw UserError("a text of more than 2 GiB cannot be normalized");
  if (is_ascii(text.text)) return text;
  const icu::FilteredNormalizer2 form(instance_of(which), known_characters());
  UErrorCode error = U_ZERO_ERROR;
  const std::string_view whole = text.text;
  if (form.isNormalizedUTF8(piece(whole), error)) return text;

  Rewriter out(text);
  for (std::size_t begin = 0; begin < whole.size();) {
    const std::size_t end = stretch_end(form, whole, begin);
    const std::string_view before = whole.substr(begin, end - begin);
    const std::string after = normalized(form, before);
    if (after == before)
      out.keep(begin, end);
    else
      out.put(after, begin);
    begin = end;
  }
  return out.finish();
}

Normalized without_accents(const Normalized& text) {
  Rewriter out(text);
  for (std::size_t at = 0; at < text.text.size();) {
    const std::size_t begin = at;
    if (!is_old_mark(next_character(text.text, at))) out.keep(begin, at);
  }
  return out.finish();
}

Normalized in_lower_case(const Normalized& text) {
  Rewriter out(text);
  for (std::size_t at = 0; at < text.text.size();) {
    const std::size_t begin = at;
    const UChar32 c = next_character(text.text, at);
    std::string lower;
    append_lower_case(c, lower);
    out.put(lower, begin);
  }
  return out.finish();
}

}  // namespace flm
