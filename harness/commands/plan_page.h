// What flmeval plan says, for people.
#pragma once

#include <string>

#include "base/json.h"
#include "tasks/task.h"

namespace flm {

/// "0.513 GiB"
std::string gib_text(double bytes);

/// "50.6 s", "300 s (5 min)", "2.5 h".
std::string duration_text(double seconds);

/// `plan` as --json prints it: a line for each outermost group or task, then what it takes.
std::string plan_page(const Json& plan, const TaskSelection& selection);

}  // namespace flm
