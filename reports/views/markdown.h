// report.md.
#pragma once

#include <string>

#include "reports/report.h"

namespace flm {

std::string render_markdown(const Report& report);

}  // namespace flm
