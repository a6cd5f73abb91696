// A series for a terminal.
#pragma once

#include <string>

#include "reports/tracking.h"

namespace flm {

/// In so many columns (0: no limit): for each task and group the last value, what changed since the
/// checkpoint before with both noises, and a small plot; checkpoints without figures with their
/// reasons; what comes next.
std::string tracking_text(const Tracking& tracking, int columns);

}  // namespace flm
