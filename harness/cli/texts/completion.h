// Completion of commands, actions, flags and their values in shells.
#pragma once

#include <string>
#include <vector>

#include "harness/cli/texts/command_entry.h"

namespace flm {

/// What a value or an operand is completed with.
enum class CompletedWith { kNothing, kFolders, kFiles, kRuns, kTasks, kChoices };

CompletedWith completed_with(const FlagEntry& flag);
CompletedWith operands_completed_with(const CommandEntry& command);
/// All the words that an operand can be (of `completion`: the shells); empty where it is no choice.
std::vector<std::string> operand_choices(const CommandEntry& command);

/// The table's commands and the actions below them, in one row.
std::vector<const CommandEntry*> all_commands(const std::vector<CommandEntry>& table);

/// Scripts that complete the program `flmeval`. Names of tasks and runs come from
/// `flmeval completion tasks` and `flmeval completion runs`.
std::string bash_completion(const std::vector<CommandEntry>& table);
std::string zsh_completion(const std::vector<CommandEntry>& table);
std::string fish_completion(const std::vector<CommandEntry>& table);

}  // namespace flm
