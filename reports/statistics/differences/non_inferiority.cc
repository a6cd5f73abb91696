#include "reports/statistics/differences/non_inferiority.h"

#include "reports/statistics/distributions.h"

namespace flm {

MarginTests margin_tests(const PairedMean& mean, double margin) {
  if (!(mean.stderr_value > 0)) return {};
  return {student_t_tail((mean.difference + margin) / mean.stderr_value, mean.df),
          student_t_tail((margin - mean.difference) / mean.stderr_value, mean.df)};
}

double lower_limit(const PairedCounts& counts, double alpha) {
  return newcombe_paired(counts, 1 - 2 * alpha).low;
}

double lower_limit(const PairedMean& mean, double alpha) {
  return with_student_t(mean.difference, mean.stderr_value, mean.df, mean.clusters, 1 - 2 * alpha)
      .low;
}

}  // namespace flm
