// argv to a subcommand: room 1.
#pragma once

#include <string>
#include <vector>

#include "harness/cli/options.h"

namespace flm {

/// Parses and runs. Returns the exit code; every error ends as one line on stderr.
int run_command_line(const std::vector<std::string>& arguments);

/// Parses the arguments of `run` (for --resume). UserError where they do not parse.
Options parse_run_arguments(const std::vector<std::string>& arguments);

}  // namespace flm
