// A series as CSV: one line a figure of a checkpoint.
#pragma once

#include <string>

#include "reports/tracking.h"

namespace flm {

/// Long form: every curve, every checkpoint; gaps have their reason in place of a value.
std::string tracking_csv(const Tracking& tracking);

}  // namespace flm
