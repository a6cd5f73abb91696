// The check of a task file without its data.
#pragma once

#include <string>
#include <vector>

#include "tasks/spec.h"

namespace flm {

/// Parses every template, pattern and generation option of a task. UserErrors name the place.
void check_task_spec(const TaskSpec& spec);

/// What looks like a template where lm-evaluation-harness renders none: within a list or a mapping,
/// in a delimiter or in a stop string. Each as FILE:line: message.
std::vector<std::string> literal_template_findings(const TaskSpec& spec);

}  // namespace flm
