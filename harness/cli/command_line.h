// From argv to a subcommand's name and its options. Runs nothing.
#pragma once

#include <string>
#include <vector>

#include "harness/cli/options.h"

namespace flm {

struct CommandLine {
  std::string command;  // the subcommand's name; empty where only `text` was asked for
  Options options;
  std::string text;  // of --help and --version
};

/// `arguments` are argv without the program. UserError where they do not parse.
CommandLine parse_command_line(const std::vector<std::string>& arguments);

/// The stored arguments of a run (for --resume). UserError where they do not parse.
Options parse_stored_arguments(const std::vector<std::string>& arguments);

}  // namespace flm
