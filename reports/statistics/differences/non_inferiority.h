// Is B not worse than A by more than a margin? Differences are B - A of a score where higher is
// better; for one where lower is better give A and B the other way round.
#pragma once

#include "reports/statistics/differences/paired_binary.h"
#include "reports/statistics/differences/paired_real.h"

namespace flm {

/// One-sided p of the two t tests; both small: equivalent within the margin (TOST).
struct MarginTests {
  double p_not_worse = 1;   // small: B - A > -margin is proven
  double p_not_better = 1;  // small: B - A < margin is proven
  double p_equivalent() const { return p_not_worse > p_not_better ? p_not_worse : p_not_better; }
};

/// Without spread among the items t says nothing: both are 1.
MarginTests margin_tests(const PairedMean& mean, double margin);

/// The lower one-sided limit of the difference, 1 - alpha: above -margin it proves "not worse".
double lower_limit(const PairedCounts& counts, double alpha = 0.05);  // Newcombe's
double lower_limit(const PairedMean& mean, double alpha = 0.05);      // Student's; may be NaN

}  // namespace flm
