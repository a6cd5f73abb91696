// --tasks to leaf tasks and groups: names, tags, files and folders; groups inside groups;
// overrides.
#pragma once

#include "datasets/dataset.h"
#include "tasks/selection/task_index.h"
#include "tasks/task.h"

namespace flm {

/// load_tasks() with the index of options.include_path and the catalog of options.data_root, where
/// they are there already.
TaskSelection select_tasks(const TaskOptions& options, const TaskIndex& index,
                           const DatasetCatalog& catalog);

}  // namespace flm
