// filter_list of a task file.
#pragma once

#include "tasks/files/task_file.h"
#include "tasks/spec.h"

namespace flm {

/// An entry of filter_list. UserErrors "FILE:line: ...".
FilterPipeline read_filter_pipeline(const TaskKey& key, const YamlNode& node);

}  // namespace flm
