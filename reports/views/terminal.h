// The report as a table for people: first what its figures are worth, then one line a metric. No
// colour: signs and words carry it.
#pragma once

#include <string>

#include "reports/report.h"

namespace flm {

/// Aligned by display width, also for Chinese, and within `columns` (0: any width). `all`: the
/// tasks below groups too, every figure and note.
std::string render_terminal(const Report& report, int columns, bool all = false);

}  // namespace flm
