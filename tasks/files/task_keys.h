// The keys of a task file.
#pragma once

#include "tasks/files/task_file.h"
#include "tasks/spec.h"

namespace flm {

/// Checks every key; an unknown one is a UserError "FILE:line: ..." with the nearest known key.
TaskSpec read_task_spec(const TaskFile& file);

}  // namespace flm
