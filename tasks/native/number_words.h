// English number words to a number, with the rules (and the slips) of the word2number package,
// which lm-evaluation-harness's BBH filters use.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace flm {

/// "two hundred and five" -> 205. Words that are no numbers are passed over; null where none is
/// left, where a scale comes twice or out of order, or where a scale stands first.
std::optional<std::int64_t> number_from_words(std::string_view text);

}  // namespace flm
