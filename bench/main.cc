#include "bench/command_line.h"

int main(int argc, char** argv) {
  return flm::bench::run_bench_command_line(std::vector<std::string>(argv + 1, argv + argc));
}
