#include "harness/terminal/color.h"

#include <unistd.h>

#include "base/system/environment.h"

namespace flm {

bool wants_color(const std::string& mode) {
  if (mode != "auto") return mode == "always";
  return isatty(STDOUT_FILENO) && !environment("NO_COLOR") && environment("TERM") != "dumb";
}

}  // namespace flm
