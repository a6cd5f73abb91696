// What Python's sets of characters and positions are in PCRE2, and the characters that one stands
// for under IGNORECASE.
#pragma once

#include <optional>
#include <string>

#include "tasks/python/text.h"

namespace flm {

/// The members of \d \D \s \S \w \W, as they stand within [...]; nothing for another letter.
std::optional<std::string> python_set_members(char letter, bool ascii);

/// The assertion that \A \Z \b \B is; nothing for another letter.
std::optional<std::string> python_position(char letter, bool ascii);

/// Characters with others that match them under IGNORECASE (python_regex_cases); of ASCII letters
/// alone with the flag ASCII.
const PythonCases& python_cases(bool ascii);

/// \x{..}, which is the character anywhere in a pattern.
std::string pcre2_character(char32_t c);

}  // namespace flm
