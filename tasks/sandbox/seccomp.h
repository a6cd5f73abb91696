// The system calls of a sandboxed program. Two sources implement it: seccomp.cc with libseccomp,
// no_seccomp.cc without; CMake chooses.
#pragma once

#include <optional>
#include <string>

namespace flm {

/// The filter as a BPF program; "" where this build has no libseccomp. Calls that an interpreter
/// needs are allowed, those that no honest program makes (network, new processes, tracing, mounts,
/// other identities, kernel keys, BPF ...) end the process with SIGSYS, and all others answer
/// ENOSYS. Nothing where the kernel has no filter that ends a process.
std::optional<std::string> seccomp_program();

}  // namespace flm
