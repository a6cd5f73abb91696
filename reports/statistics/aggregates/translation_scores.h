// sacreBLEU's corpus scores out of counts that were added up over documents.
#pragma once

#include <span>

namespace flm {

/// BLEU in percent, exponential smoothing: [matches of 1..4-grams, totals, hypothesis length,
/// reference length].
double bleu_score(std::span<const double> sums);

/// chrF2 in percent: [n-grams of the hypothesis, of the reference, matches] for each order.
double chrf_score(std::span<const double> sums);

/// TER in percent: [edits, words of the references].
double ter_score(std::span<const double> sums);

}  // namespace flm
