// Several tasks judged together: the plain mean of their differences.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reports/comparison.h"

namespace flm {

struct SuiteEvidence {
  std::string obstacle;  // why there are no figures
  std::int64_t items = 0;
  double a = 0, b = 0, difference = 0;  // means over the tasks
  double stderr_value = 0;
  double df = 0;       // Satterthwaite's, of the tasks' own; infinite: normal
  double p = 1;        // two-sided
  double least_p = 0;  // that its test can give
};

/// The names themselves; the tasks below where the only name is a group's.
std::vector<std::string> suite_tasks(const std::vector<std::string>& suite,
                                     const Contrast& contrast);

/// p by pooled sign flips where every task's figure is the mean of independent items, else
/// Student's t from the tasks' standard errors. At least one metric, all comparable with a
/// difference.
SuiteEvidence suite_evidence(const std::vector<const MetricComparison*>& metrics);

}  // namespace flm
