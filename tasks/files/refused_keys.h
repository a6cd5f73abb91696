// Keys of lm-evaluation-harness that no task here can follow.
#pragma once

#include "tasks/files/task_file.h"

namespace flm {

/// UserError that says why, and what to write in its place. A key without a value is none.
void refuse_key(const TaskKey& key);

}  // namespace flm
