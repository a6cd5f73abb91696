// Translation of a Python pattern to a PCRE2 one.
#pragma once

#include <string>
#include <string_view>

namespace flm {

struct TranslatedRegex {
  std::string pattern;  // for PCRE2 with UTF, NEWLINE_LF, ALT_CIRCUMFLEX, NEVER_BACKSLASH_C
  int flags = 0;        // PythonRegex::Flags, with those of a leading (?flags); no kIgnoreCase
};

/// UserError "invalid regular expression at N: reason: PATTERN" (N counts bytes).
TranslatedRegex translate_python_regex(std::string_view pattern, int flags);

}  // namespace flm
