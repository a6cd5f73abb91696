// How alike two texts are, as difflib and the package `rouge` (not rouge_score) have it.
#pragma once

#include <string>

namespace flm {

/// difflib.SequenceMatcher(None, a, b).ratio(), with its heuristic for common characters.
double sequence_ratio(const std::string& a, const std::string& b);

/// F of rouge.Rouge().get_scores's "rouge-l": sets of words, sentences end at ".". 0 where a text
/// has no sentence, which the package refuses.
double rouge_l_of_sets(const std::string& reference, const std::string& prediction);

}  // namespace flm
