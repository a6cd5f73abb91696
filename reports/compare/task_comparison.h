// One task in two runs.
#pragma once

#include <string>
#include <vector>

#include "reports/compare/logged_run.h"
#include "reports/compare/paired_figures.h"

namespace flm {

/// A row with the paired values that its groups pool; [metrics of the row], empty where a metric is
/// not comparable.
struct TaskComparison {
  ComparisonRow row;
  std::vector<PairedValues> values;
};

/// `a` or `b` is null where the run lacks the task, not both. `main_metric` as in CompareOptions.
/// Reads the requests of items where nothing else proves that they are equal.
TaskComparison compare_task(const LoggedRun& run_a, LoggedTask* a, const LoggedRun& run_b,
                            LoggedTask* b, const std::string& main_metric);

/// Whether a metric is the one that METRIC or METRIC,FILTER names.
bool is_named(const std::string& metric, const std::string& filter, const std::string& named);

}  // namespace flm
