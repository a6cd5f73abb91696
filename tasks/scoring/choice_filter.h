// The multi_choice_regex filter: an option letter from a response, by pattern or by the choice's
// own text.
#pragma once

#include <string>
#include <vector>

#include "tasks/python/regex.h"
#include "tasks/spec.h"

namespace flm {

/// The text as it is compared: the patterns from regexes[1] on, case and punctuation taken away as
/// the step asks.
std::string compared_text(const FilterStep& step, const std::vector<PythonRegex>& regexes,
                          std::string text);

/// Whether compared_text changes any text for this step.
bool changes_compared_text(const FilterStep& step, const std::vector<PythonRegex>& regexes);

/// The match that the step's group_select chooses, its first non-empty group, stripped; "" where
/// there is none.
std::string chosen_match(const FilterStep& step, const PythonRegex& regex, const std::string& text);

/// The texts of the document's column choices; UserError where it has none, or one that
/// is no text.
std::vector<std::string> choice_column(const FilterStep& step, const PyValue& document);

/// regexes[0] is the pattern, the others are regexes_to_ignore. Choices are tried longest first
/// (0.4.13).
std::string choice_letter(const FilterStep& step, const std::vector<PythonRegex>& regexes,
                          const std::string& response, const std::vector<std::string>& choices);

}  // namespace flm
