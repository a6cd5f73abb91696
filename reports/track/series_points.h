// Which points of a series stand for themselves, and which runs hold their figures.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "reports/store/store.h"
#include "reports/tracking.h"

namespace flm {

/// States of a checkpoint that is there, is no longer written and has no figures.
bool is_unscorable(const std::string& state);

/// The points of a series in the order of their steps, each with the runs that scored it.
struct SeriesPoints {
  std::vector<TrackedPoint> points;
  std::vector<std::vector<RunRecord>> runs;  // [points], the newest first; empty: not scored
  std::string protocol_hash, numerics, numerics_hash;  // of the newest run: what the line is of
  std::vector<std::string> warnings;
};

/// One point for each (step, weights), however often it was scored and wherever it lies. Of several
/// with one step the later file time is on the line, and none where that one is_unscorable(). Runs
/// under another protocol or other numerics than the newest are set aside, with a warning, and so
/// are those that are not `asked` for, unless that is empty. `folder`: its checkpoints alone; "" =
/// all. UserError: nobody knows the series.
SeriesPoints gather_points(Store& store, const std::map<std::string, RunRecord>& runs,
                           const std::string& series, const std::set<std::string>& asked,
                           const std::string& folder = "");

/// The folders that hold the checkpoints of a series, sorted.
std::vector<std::string> folders_of(Store& store, const std::string& series);

}  // namespace flm
