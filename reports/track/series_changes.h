// How the figures of a series changed over its last points.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "reports/store/store.h"
#include "reports/tracking.h"

namespace flm {

/// series_changes() of tracking.h.
std::vector<SeriesChange> changes_over(Store& store, const std::map<std::string, RunRecord>& runs,
                                       const TrackedSeries& series, int over);

}  // namespace flm
