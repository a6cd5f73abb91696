// One line a score, for spreadsheets.
#pragma once

#include <string>

#include "reports/report.h"

namespace flm {

std::string render_csv(const Report& report);

}  // namespace flm
