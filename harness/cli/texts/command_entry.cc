#include "harness/cli/texts/command_entry.h"

namespace flm {

std::string FlagEntry::value_text() const {
  if (choices.empty()) return value;
  std::string out;
  for (const std::string& choice : choices) out += (out.empty() ? "" : "|") + choice;
  return out;
}

const CommandEntry* find_command(const std::vector<CommandEntry>& table, const std::string& name) {
  for (const CommandEntry& entry : table) {
    if (entry.name == name) return &entry;
    if (const CommandEntry* action = find_command(entry.actions, name)) return action;
  }
  return nullptr;
}

}  // namespace flm
