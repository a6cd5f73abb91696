// Runs -> Comparison.
#pragma once

#include <string>
#include <vector>

#include "reports/compare/logs/logged_run.h"

namespace flm {

struct CompareOptions {
  std::vector<std::string> tasks;  // names or groups, `*` for any; empty: all
  std::string metric;              // METRIC or METRIC,FILTER that is judged; "" = each task's first
  std::vector<std::string> also = {};  // metrics beside the task files' that are compared, too
  bool every_pair = true;  // of three runs and more; else they are held against the first alone
};

/// The first run is the reference. UserError where nothing is named by `tasks` or `metric`.
Comparison compare_runs(std::vector<LoggedRun> runs, const CompareOptions& options = {});

}  // namespace flm
