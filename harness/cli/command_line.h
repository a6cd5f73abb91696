// From argv to a subcommand's name and its options. Runs nothing.
#pragma once

#include <string>
#include <vector>

#include "harness/cli/options.h"

namespace flm {

struct CommandLine {
  std::string command;  // the subcommand's name; empty where only `text` was asked for
  Options options;
  std::string text;                // of --help and --version
  std::vector<std::string> notes;  // flags of lm-evaluation-harness that change nothing here
};

/// `arguments` are argv without the program. UserError where they do not parse.
CommandLine parse_command_line(const std::vector<std::string>& arguments);

/// The stored arguments of a run, or what --resume makes of them. UserError where they do not
/// parse.
Options parse_stored_arguments(const std::vector<std::string>& arguments);

/// Those of another command's flags that `run` has, too.
std::vector<TypedFlag> flags_of_run(std::vector<TypedFlag> typed);

/// A flag of `run` that leaves the fingerprint as it is: how much of the machine is used, where the
/// results go, what is shown and proven beside them.
bool leaves_fingerprint(const std::string& flag);

/// A command line of `run` with these flags, for parse_stored_arguments().
std::vector<std::string> arguments_of(const std::vector<TypedFlag>& flags);

}  // namespace flm
