// McNemar's exact test: what sign flips of zeros and ones, and false alarms of mid-p, are held to.
#pragma once

#include <algorithm>

#include "reports/statistics/differences/paired_binary.h"
#include "reports/statistics/distributions.h"

namespace flm {

/// Two-sided, min(1, 2 P(X <= m)) of X ~ Bin(only_a + only_b, 1/2), m the smaller count.
inline double mcnemar_exact_p(const PairedCounts& counts) {
  const CoinTail tail =
      coin_tail(std::min(counts.only_a, counts.only_b), counts.only_a + counts.only_b);
  return std::min(1.0, 2 * (tail.below + tail.at));
}

}  // namespace flm
