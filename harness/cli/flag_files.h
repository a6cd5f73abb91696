// Files of flags: a project's .flmeval.yaml, and what --config has beside lm-evaluation-harness's
// keys.
#pragma once

#include <string>
#include <vector>

#include "harness/cli/lm_eval/config_file.h"

namespace flm {

/// Flags that hold for a project: read from the folder where the program is started.
inline constexpr const char* kProjectFile = ".flmeval.yaml";

/// `words` (a command first) with these flags behind them, where the command has them and they are
/// not typed. A key is a flag without its hyphens, underscores or not; false and null are a flag
/// that is not given; a list gives it several times. UserError "FILE:line: KEY ..." for a key that
/// no command has, with the nearest one.
std::vector<std::string> with_flags_of(const std::vector<ConfigEntry>& entries,
                                       std::vector<std::string> words);

/// The entries of the project's file; empty where there is none.
std::vector<ConfigEntry> read_project_file();

}  // namespace flm
