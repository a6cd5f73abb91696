// One line a score, for spreadsheets.
#pragma once

#include <string>
#include <vector>

#include "reports/report.h"

namespace flm {

/// What a run and a task are (run_name, model, weights, data, version, date, flmeval) stands behind
/// the figures in every line; data and version are the task's.
std::string render_csv(const Report& report);

/// Several runs below one heading.
std::string render_csv(const std::vector<Report>& reports);

}  // namespace flm
