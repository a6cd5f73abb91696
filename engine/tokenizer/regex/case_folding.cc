#include <unicode/unistr.h>

#include <array>

#include "engine/tokenizer/regex/character_set.h"

namespace flm {
namespace {

/// Letters that got a partner of other case after Unicode 14.0.
struct Partners {
  UChar32 first, last, partner;
};
constexpr std::array<Partners, 6> kNewPartners = {{{0x1C89, 0x1C89, 0x1C8A},
                                                   {0xA7CB, 0xA7CB, 0x264},
                                                   {0xA7CC, 0xA7CC, 0xA7CD},
                                                   {0xA7DA, 0xA7DA, 0xA7DB},
                                                   {0xA7DC, 0xA7DC, 0x19B},
                                                   {0x10D50, 0x10D65, 0x10D70}}};

void add_long_folds(UChar32 first, UChar32 last, std::vector<LongFold>& out) {
  for (UChar32 c = first; c <= last; ++c) {
    icu::UnicodeString folded(c);
    folded.foldCase();
    if (folded.countChar32() < 2) continue;
    LongFold fold{static_cast<char32_t>(c), {}};
    for (std::int32_t i = 0; i < folded.length(); i = folded.moveIndex32(i, 1))
      fold.folded += static_cast<char32_t>(folded.char32At(i));
    out.push_back(std::move(fold));
  }
}

}  // namespace

CharacterSet with_cases(const CharacterSet& set) {
  CharacterSet out = set;
  out.closeOver(USET_CASE_INSENSITIVE);
  out.removeAllStrings();
  for (const Partners& some : kNewPartners) {
    for (UChar32 c = some.first; c <= some.last; ++c) {
      const UChar32 partner = some.partner + (c - some.first);
      if (set.contains(c)) out.add(partner);
      if (set.contains(partner)) out.add(c);
    }
  }
  return out;
}

const std::vector<LongFold>& long_folds() {
  static const std::vector<LongFold> all = [] {
    std::vector<LongFold> found;
    add_long_folds(0xDF, 0x587, found);
    add_long_folds(0x1E96, 0x1FFC, found);
    add_long_folds(0xFB00, 0xFB17, found);
    return found;
  }();
  return all;
}

}  // namespace flm
