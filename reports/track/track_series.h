// One series: its points, its curves and what there is to say of them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "reports/store/store.h"
#include "reports/tracking.h"

namespace flm {

/// What is one line: a series, or of a sweep those of its checkpoints that lie in one folder.
struct SeriesMember {
  std::string series, folder;  // folder "": all
  std::string name;            // as it is shown
};

/// The series of the request; for a sweep (request.by) each folder of theirs is a member.
std::vector<SeriesMember> members_of(Store& store, const TrackingRequest& request);

/// Warnings and notes go to `out`. `runs`: those of the store by id; `log` may be null.
TrackedSeries track_series(Store& store, const std::map<std::string, RunRecord>& runs,
                           const SeriesMember& member, const TrainingLog* log, Tracking& out);

}  // namespace flm
