#include <iostream>

#include "bench/probe/probe.h"

int main(int argc, char** argv) {
  std::cout << std::unitbuf;  // a line that was found is there, whatever comes after it
  return flm::bench::run_probe_command_line(std::vector<std::string>(argv + 1, argv + argc),
                                            std::cout);
}
