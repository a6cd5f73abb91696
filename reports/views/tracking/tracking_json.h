// A series as JSON.
#pragma once

#include <string>

#include "reports/tracking.h"

namespace flm {

/// One line with a newline: everything that the views show, without times and ids of runs, so that
/// the same series gives the same bytes however often it was scored.
std::string render_tracking_json(const Tracking& tracking);

}  // namespace flm
