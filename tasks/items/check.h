// The check of a task file without its data.
#pragma once

#include "tasks/spec.h"

namespace flm {

/// Parses every template, pattern and generation option of a task. UserErrors name the place.
void check_task_spec(const TaskSpec& spec);

}  // namespace flm
