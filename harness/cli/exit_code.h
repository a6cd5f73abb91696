// Exit codes that users' scripts rely on.
#pragma once

namespace flm {

enum ExitCode : int {
  kDone = 0,
  kCheckSaidNo = 1,
  kUserError = 2,
  kInterrupted = 3,  // or incomplete: can be resumed
  kInternalError = 70,
};

}  // namespace flm
