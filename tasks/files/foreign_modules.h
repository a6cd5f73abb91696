// Which functions of a task file are Python of the user's own.
#pragma once

#include <string>
#include <vector>

#include "tasks/files/task_file.h"

namespace flm {

/// Every !function of the file whose module lies beside it and is not what the native function
/// stands in for, as "FILE:line: message"; each module once.
std::vector<std::string> foreign_module_findings(const TaskFile& file);

}  // namespace flm
