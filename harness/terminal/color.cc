#include "harness/terminal/color.h"

#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace flm {
namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

}  // namespace

bool wants_color(const std::string& mode) {
  if (mode != "auto") return mode == "always";
  return isatty(STDOUT_FILENO) && variable("NO_COLOR").empty() && variable("TERM") != "dumb";
}

}  // namespace flm
