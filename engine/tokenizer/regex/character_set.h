// Sets of characters by the Unicode data of the tokenizers library, 16.0.
#pragma once

#include <unicode/uniset.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flm {

using CharacterSet = icu::UnicodeSet;

/// All characters of general categories; `mask` has ICU's bits (U_GC_L_MASK ...).
CharacterSet category_set(std::uint32_t mask);

/// White_Space, Alphabetic, Uppercase, Lowercase or Emoji.
CharacterSet alphabetic_set();
CharacterSet white_space_set();

/// What Oniguruma's \w means outside of brackets: letters, marks, decimal digits, connectors, and
/// six digits and fractions of Latin-1, which [\w] has not.
CharacterSet word_set(bool in_brackets);
/// What \w means in Rust, in which the library has its steps without a pattern: [\w] and the two
/// zero-width joiners.
CharacterSet rust_word_set();

/// [[:NAME:]]; nothing where there is no such name.
std::optional<CharacterSet> posix_set(const std::string& name);

/// \p{NAME}: a general category, a script, a POSIX name or one of the binary properties above.
/// Case, spaces, '-' and '_' in names do not count. Nothing where the name is not known here.
std::optional<CharacterSet> property_set(std::string_view name);

/// The set as a class of PCRE2 ("[...]"). `by_category`: by general categories that lie in it, so
/// that large sets stay quick, for a PCRE2 that has Unicode 14.0 to 16.0; else by ranges alone.
std::string pcre2_class(const CharacterSet& set, bool by_category);

/// `set` with all that differs from a member in case alone. Of members that fold to several
/// characters only those that are one.
CharacterSet with_cases(const CharacterSet& set);

/// The characters that fold to several ("ß" to "ss"), with what they fold to.
struct LongFold {
  char32_t character = 0;
  std::u32string folded;
};
const std::vector<LongFold>& long_folds();

}  // namespace flm
