#include "harness/cli/cli.h"

int main(int argc, char** argv) {
  return flm::run_command_line(std::vector<std::string>(argv + 1, argv + argc));
}
