// Whether the runs of a sweep can be held against each other, told before any of them is scored.
#pragma once

#include <vector>

#include "harness/cli/options.h"
#include "harness/track/series.h"

namespace flm {

/// UserError where the series of --by have no checkpoint at equal tokens (at equal steps where none
/// says its tokens). Only whole checkpoints count. What only logs or the scoring itself can say is
/// left to the sweep (reports/track/sweep.h).
void check_sweep_places(const std::vector<FoundSeries>& found, const TrackFlags& flags);

}  // namespace flm
