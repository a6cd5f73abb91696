// The lines above a report's table.
#pragma once

#include <string>
#include <vector>

#include "reports/report.h"

namespace flm {

/// The run, its state, date and cost; its model. Without control characters.
std::vector<std::string> headline(const Report& report);

}  // namespace flm
