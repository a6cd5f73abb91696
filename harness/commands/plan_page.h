// What flmeval plan says, for people.
#pragma once

#include <string>

#include "base/documents/json.h"
#include "tasks/task.h"

namespace flm {

/// "0.513 GiB", "1.5 TiB".
std::string memory_text(double bytes);

/// "208 PFLOP".
std::string flops_text(double flops);

/// "50.6 s", "300 s (5 min)", "9000 s (2.5 h)", "1354754 s (15.7 days)".
std::string duration_text(double seconds);

/// `plan` as --json prints it: a line for each outermost group or task, then what it takes. Wrapped
/// to the `columns` of a terminal; 0: none.
std::string plan_page(const Json& plan, const TaskSelection& selection, int columns);

}  // namespace flm
