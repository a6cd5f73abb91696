// The command line of flmeval bench list | run | compare.
#pragma once

#include <string>
#include <vector>

namespace flm::bench {

/// The arguments after `flmeval bench`; the exit code: 0 done, 1 a row failed or a regression, 2
/// the user's error, 3 stopped, 70 ours.
int run_bench_command_line(const std::vector<std::string>& arguments);

}  // namespace flm::bench
