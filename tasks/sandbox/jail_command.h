// The command line that starts one Python program of the sandbox.
#pragma once

#include <string>
#include <vector>

#include "tasks/sandbox/sandbox.h"

namespace flm {

/// The file descriptors that both programs find.
enum SandboxFd { kSourceFd = 0, kReadFd = 3, kWriteFd = 4, kFilterFd = 5, kVerdictFd = 6 };

struct JailOptions {
  std::string python, bubblewrap;  // bubblewrap "": no isolation
  bool filter = false;             // a system-call filter comes on kFilterFd
  std::int64_t file_bytes = 0;     // size of /tmp
};

/// argv: bubblewrap (as nobody where we are root, whose processes no limit counts) around Python
/// around `program`.
std::vector<std::string> jail_command(const JailOptions& options, const char* program,
                                      const std::vector<std::string>& arguments);

/// The environment of the programs, and all of it.
std::vector<std::string> jail_environment();

/// An interpreter on this machine, "" where there is none: the system's before the PATH's, because
/// a sandbox can always see /usr.
std::string find_python();
/// A program on the PATH or in /usr/bin; "" = not found.
std::string find_program(const std::string& name);

}  // namespace flm
