// The parts of a report's page about multiple choice: where the right choices stand and which are
// chosen, and by how much.
#pragma once

#include <string>
#include <vector>

#include "reports/html/samples/report_samples.h"
#include "reports/report.h"

namespace flm {

/// Of each headline row that has such tasks; "" where none has.
std::string choice_section(const Report& report, const std::vector<ChoiceFacts>& choices);

}  // namespace flm
