#include "harness/cli/texts/completion.h"

namespace flm {
namespace {

CompletedWith of_name(const std::string& name) {
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
  return of_name(command.operands.substr(0, command.operands.find("...")));
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
