// How flmeval ends.
#pragma once

#include <functional>

#include "base/system/exit_code.h"

namespace flm {

/// What `program` returns; an error that it throws ends as one line on stderr and its exit code.
int exit_code_of(const std::function<int()>& program);

}  // namespace flm
