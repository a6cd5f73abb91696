// The difference of two runs over several tasks together. The tasks are fixed: what lies between
// them is no error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reports/statistics/differences/paired_real.h"

namespace flm {

/// A task's difference over `n` items as part of a sum, which adds up what each error lacks. One
/// without `df` is Wald's of right and wrong answers, which divides by n: from n - 1 here, as of
/// other values, and NaN for one item. Items that all moved alike show no error: it is taken as if
/// the sign of each were chance, |difference| / sqrt(n), for few do so by chance.
MeanError task_part(double difference, std::int64_t n, std::optional<double> stderr_value,
                    std::optional<double> df);

/// The mean of independent parts, with error sqrt(sum w^2 se^2) / sum w and Satterthwaite's degrees
/// of freedom (unbounded where nothing varies). The error is NaN where a part has none. `weights`:
/// [parts], all alike where empty.
MeanError mean_over_tasks(const std::vector<MeanError>& parts,
                          const std::vector<double>& weights = {});

/// Paired differences B - A over one task's items.
struct TaskDifferences {
  std::vector<double> values;
  std::vector<std::string> clusters = {};  // empty: items are independent
};

struct SuiteMean {
  double difference = 0, stderr_value = 0;  // the error is NaN where a task has one item
  double p = 1;                             // sign-flip test, items (clusters) flip on their own
};

/// The plain mean of the tasks' mean differences, with error sqrt(sum se_t^2) / tasks. At least one
/// task, none of them without items. The order of tasks and items changes no bit.
SuiteMean macro_difference(const std::vector<TaskDifferences>& tasks, std::uint64_t seed = 1234);

}  // namespace flm
