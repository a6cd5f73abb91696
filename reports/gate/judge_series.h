// A policy over a series of checkpoints: did a figure get worse by more than its bands?
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "reports/gate/judge.h"
#include "reports/tracking.h"

namespace flm {

/// The changes of a series over its last `over` points.
using ChangesOver = std::function<std::vector<SeriesChange>(int over)>;

/// Rules no-rise alone: UserError for others, which hold two runs against each other. A rule fails
/// where the figure is worse than `over` checkpoints ago by more than max_worse, by more than 1.96
/// paired errors of the change, and by more than 1.96 errors of two checkpoints (checkpoint noise
/// times the root of 2). The bands are held against it one by one, never blended. Where one is not
/// known a figure that is worse by more than the others is inconclusive. Nothing is adjusted for
/// several tests: each band is a figure's own.
GateResult judge_series(const Policy& policy, const std::string& series,
                        const ChangesOver& changes_over);

}  // namespace flm
