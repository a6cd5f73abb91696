// What the page of curves shows of a Tracking.
#pragma once

#include "reports/html/curves/curves.h"
#include "reports/tracking.h"

namespace flm {

/// The axis that was asked for first, then every other one on which all checkpoints on the line
/// have a place. Curves: the main figure of each task and group, and the other figures of groups.
Curves curves_of(const Tracking& tracking);

}  // namespace flm
