// The figures of one checkpoint, from the runs that scored it: as `flmeval report` has them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "reports/scores/group_scores.h"
#include "reports/store/store.h"
#include "reports/track/item_ids.h"
#include "reports/tracking.h"

namespace flm {

/// A run with its tasks, without their configurations.
struct ScoredRun {
  RunRecord run;
  std::vector<TaskRecord> tasks;
};

struct PointFigures {
  LeafScores leaves;
  std::map<std::string, std::vector<ItemId>> ids;  // by task: [samples]
  std::vector<GroupRecord> groups;
  std::map<std::string, GroupScores> group_scores;
  std::vector<ReportRow> rows;
  std::map<std::string, std::string> left_out;  // tasks without figures here: why
};

/// The runs of the points of a series, and of which identity the figures of each task are.
struct ScoredPoints {
  std::vector<std::vector<ScoredRun>> runs;   // [points], the newest first
  std::map<std::string, std::string> wanted;  // identity by task: of the newest run that has it
};
ScoredPoints scored_points(Store& store, const std::map<std::string, RunRecord>& runs,
                           const std::vector<TrackedPoint>& points);

/// What tells the data and definition of a task apart; figures of two are not on one line.
std::string task_identity(const TaskRecord& task);

/// Reads each sample once. A task that several runs have comes from the newest that has all of it;
/// where their values differ in a bit, `warnings` says so. Tasks of another identity than `wanted`
/// says are left out.
PointFigures read_figures(Store& store, const std::string& checkpoint,
                          const std::vector<ScoredRun>& runs,
                          const std::map<std::string, std::string>& wanted, ItemIds& ids,
                          std::vector<std::string>& warnings);

}  // namespace flm
