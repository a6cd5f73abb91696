// --tasks to leaf tasks and groups: names, tags, files and folders; groups inside groups;
// overrides.
#pragma once

#include "tasks/selection/task_index.h"
#include "tasks/task.h"

namespace flm {

/// load_tasks() with an index that is there already; it is of options.include_path.
TaskSelection select_tasks(const TaskOptions& options, const TaskIndex& index);

}  // namespace flm
