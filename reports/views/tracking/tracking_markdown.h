// A series as Markdown.
#pragma once

#include <string>

#include "reports/tracking.h"

namespace flm {

std::string tracking_markdown(const Tracking& tracking);

}  // namespace flm
