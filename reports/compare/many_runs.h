// Three and more runs together.
#pragma once

#include <vector>

#include "reports/compare/logs/logged_run.h"

namespace flm {

/// For every task, and group that pools items, whose main metric all runs can be compared on:
/// Cochran's Q over the items that all have, and, where it is asked for, every pair of runs, with
/// Holm's correction over the pairs.
std::vector<ManyRuns> compare_many(const std::vector<LoggedRun>& runs, const Comparison& comparison,
                                   bool every_pair);

}  // namespace flm
