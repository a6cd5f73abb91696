// The table of a report in LaTeX (booktabs) for papers: every row.
#pragma once

#include <string>

#include "reports/report.h"

namespace flm {

std::string render_latex(const Report& report);

}  // namespace flm
