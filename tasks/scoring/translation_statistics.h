// What sacreBLEU's corpus scores are made of, for one pair: counts that add up over a corpus.
#pragma once

#include <string>
#include <vector>

namespace flm {

/// BLEU (13a tokens, up to four words): matches of 1..4-grams, their totals, length of the
/// hypothesis, of the reference. [10]
std::vector<double> bleu_statistics(const std::string& hypothesis, const std::string& reference);

/// chrF: for 1..6 characters, then 1..word_order words: n-grams of the hypothesis, of the
/// reference, matches. [3 * (6 + word_order)]
std::vector<double> chrf_statistics(const std::string& hypothesis, const std::string& reference,
                                    int word_order);

/// TER: edits with shifts, words of the reference. [2]
std::vector<double> ter_statistics(const std::string& hypothesis, const std::string& reference);

/// Those of the metric bleu, chrf, chrf++ or ter; empty for any other.
std::vector<double> translation_statistics(const std::string& metric, const std::string& hypothesis,
                                           const std::string& reference);

}  // namespace flm
