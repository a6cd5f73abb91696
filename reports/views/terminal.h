// The report as a table for people.
#pragma once

#include <string>

#include "reports/report.h"

namespace flm {

/// Aligned by display width, also for Chinese; wrapped to `columns`.
std::string render_terminal(const Report& report, int columns);

}  // namespace flm
