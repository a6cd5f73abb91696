#include "harness/cli/texts/completion.h"

namespace flm {
namespace {

/// The word of "[RUN...]", which may be left out or come again.
std::string bare(std::string operands) {
  std::erase_if(operands, [](char c) { return c == '[' || c == ']' || c == '.'; });
  return operands;
}

CompletedWith of_name(const std::string& name) {
  if (name == "SHELL") return CompletedWith::kChoices;
  if (name == "DIR" || name == "MODEL" || name == "SERIES") return CompletedWith::kFolders;
  if (name == "FILE" || name.starts_with("POLICY")) return CompletedWith::kFiles;
  if (name == "RUN") return CompletedWith::kRuns;
  if (name == "TASKS" || name == "TASK" || name == "PATTERN") return CompletedWith::kTasks;
  return CompletedWith::kNothing;
}

}  // namespace

CompletedWith completed_with(const FlagEntry& flag) {
  return flag.choices.empty() ? of_name(flag.value) : CompletedWith::kChoices;
}

CompletedWith operands_completed_with(const CommandEntry& command) {
  return of_name(bare(command.operands));
}

std::vector<std::string> operand_choices(const CommandEntry& command) {
  if (operands_completed_with(command) != CompletedWith::kChoices) return {};
  return {"bash", "zsh", "fish"};
}

std::vector<const CommandEntry*> all_commands(const std::vector<CommandEntry>& table) {
  std::vector<const CommandEntry*> all;
  for (const CommandEntry& command : table) {
    all.push_back(&command);
    for (const CommandEntry& action : command.actions) all.push_back(&action);
  }
  return all;
}

}  // namespace flm
