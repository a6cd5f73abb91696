// The difference of two runs over several tasks together. The tasks are fixed: what lies between
// them is no error.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace flm {

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
