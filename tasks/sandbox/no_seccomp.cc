#include "tasks/sandbox/seccomp.h"

namespace flm {

std::optional<std::string> seccomp_program() { return ""; }

}  // namespace flm
