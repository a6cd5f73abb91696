// A sweep: members that differ in width and hyperparameters, held against each other at one place.
#pragma once

#include <map>
#include <string>

#include "reports/store/store.h"
#include "reports/tracking.h"

namespace flm {

/// The members are out.series, the coordinates out.request.by, the first of which is the width;
/// they come from the records of the runs (hidden, layers, parameters, ...) and of the logs (lr:
/// the highest learning rate). The figure is the first member's headline. UserErrors: a coordinate
/// that is nowhere (with those that are), no place that all members have.
SweepTable compare_sweep(Store& store, const std::map<std::string, RunRecord>& runs,
                         const Tracking& out);

}  // namespace flm
