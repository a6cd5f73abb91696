#include "reports/statistics/differences/non_inferiority.h"

namespace flm {

double lower_limit(const PairedCounts& counts, double alpha) {
  return newcombe_paired(counts, 1 - 2 * alpha).low;
}

double lower_limit(const PairedMean& mean, double alpha) {
  return with_student_t(mean.difference, mean.stderr_value, mean.df, mean.clusters, 1 - 2 * alpha)
      .low;
}

}  // namespace flm
