// The report as a table for people: first what its figures are worth, then one line a metric. No
// colour: signs and words carry it.
#pragma once

#include <string>

#include "reports/report.h"
#include "reports/views/report_view.h"

namespace flm {

/// Aligned by display width, also for Chinese; within the columns.
std::string render_terminal(const Report& report, const ReportView& view);

}  // namespace flm
