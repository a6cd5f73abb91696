// How a program ends: the exit codes that users' scripts rely on, and one line for an error.
#pragma once

#include <functional>
#include <string>

namespace flm {

enum ExitCode : int {
  kDone = 0,
  kCheckSaidNo = 1,
  kUserError = 2,
  kInterrupted = 3,  // or incomplete: can be resumed
  kInternalError = 70,
};

/// How a program tells an error.
struct ErrorVoice {
  std::string program;      // as it is typed: "flmeval bench"
  std::string less_memory;  // what to do where memory is out: "give a smaller --memory"
  std::function<std::string(const std::string&)> shown = {};  // a message as a terminal may get it
};

/// "PROGRAM: MESSAGE" on stderr.
void tell_error(const ErrorVoice& voice, const std::string& message);

/// What `program` returns; an error that it throws ends as one line on stderr and its exit code.
int exit_code_of(const ErrorVoice& voice, const std::function<int()>& program);

}  // namespace flm
