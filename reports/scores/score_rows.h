// The rows of a run's scores: groups before their children, then the tasks of no group.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "reports/report.h"
#include "reports/scores/group_scores.h"

namespace flm {

/// `groups` has the scores of every group. Rows of tasks that the run lacks are left out.
std::vector<ReportRow> score_rows(const std::vector<GroupRecord>& group_records,
                                  const std::vector<TaskRecord>& tasks, const LeafScores& leaves,
                                  const std::map<std::string, GroupScores>& groups);

}  // namespace flm
