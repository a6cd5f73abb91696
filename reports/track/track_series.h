// One series: its points, its curves and what there is to say of them.
#pragma once

#include <map>
#include <string>

#include "reports/store/store.h"
#include "reports/tracking.h"

namespace flm {

/// Of request.series[index]; warnings and notes go to `out`. `runs`: those of the store by id.
TrackedSeries track_series(Store& store, const std::map<std::string, RunRecord>& runs,
                           std::size_t index, Tracking& out);

}  // namespace flm
