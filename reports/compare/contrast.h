// One run against the reference: its tasks, and the rows they make below their groups.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "reports/compare/compare_runs.h"
#include "reports/compare/logs/logged_run.h"
#include "reports/compare/task_comparison.h"

namespace flm {

using ComparedTasks = std::map<std::string, TaskComparison>;

/// Every task of either run that `options` choose. UserError where they choose none.
ComparedTasks compare_tasks(LoggedRun& a, LoggedRun& b, const CompareOptions& options);

/// Groups of the reference before their children, then the tasks of no group, then what B alone
/// has. A group pools its comparable tasks: all items as one task where it weighs by size, else the
/// mean over tasks; that too, by their sizes, where a task counts twice, for its items are one
/// draw.
std::vector<ComparisonRow> lay_out(const LoggedRun& a, const LoggedRun& b,
                                   const ComparedTasks& tasks);

}  // namespace flm
