// Patterns of Oniguruma, which the tokenizers library runs, for PCRE2.
#pragma once

#include <string>
#include <string_view>

namespace flm {

/// The pattern in PCRE2's syntax (UTF, multi-line, newline is LF), with Oniguruma's meaning and the
/// Unicode data of the tokenizers library. `by_category` as for pcre2_class. A UserError that
/// starts with `origin` names what has no equal here: it is refused, never passed on as it is.
std::string pcre2_of_oniguruma(std::string_view pattern, bool by_category,
                               const std::string& origin);

}  // namespace flm
