#include "harness/process/exit_code.h"

#include "reports/figures/display_width.h"

namespace flm {

int exit_code_of(const std::function<int()>& program) {
  return exit_code_of({"flmeval", "give a smaller --memory", terminal_safe}, program);
}

}  // namespace flm
