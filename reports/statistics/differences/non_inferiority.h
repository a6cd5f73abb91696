// Is B not worse than A by more than a margin? Differences are B - A of a score where higher is
// better; for one where lower is better give A and B the other way round.
#pragma once

#include "reports/statistics/differences/paired_binary.h"
#include "reports/statistics/differences/paired_real.h"

namespace flm {

/// The lower one-sided limit of the difference, 1 - alpha: above -margin it proves "not worse".
double lower_limit(const PairedCounts& counts, double alpha = 0.05);  // Newcombe's
double lower_limit(const PairedMean& mean, double alpha = 0.05);      // Student's; may be NaN

}  // namespace flm
