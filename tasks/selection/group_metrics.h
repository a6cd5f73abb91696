// Whether what a group asks of its members is there.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tasks/task.h"

namespace flm {

/// Metrics and filters of the group that none of its leaf tasks has, each as "FILE:line: message"
/// with the nearest known name.
std::vector<std::string> group_metric_findings(
    const TaskGroup& group, const std::vector<std::shared_ptr<const Task>>& tasks);

}  // namespace flm
