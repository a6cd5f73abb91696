// Exit codes that users' scripts rely on.
#pragma once

#include <functional>

namespace flm {

enum ExitCode : int {
  kDone = 0,
  kCheckSaidNo = 1,
  kUserError = 2,
  kInterrupted = 3,  // or incomplete: can be resumed
  kInternalError = 70,
};

/// What `program` returns; an error that it throws ends as one line on stderr and its exit code.
int exit_code_of(const std::function<int()>& program);

}  // namespace flm
