// What the command line knows, as plain data: help, completion and the man page are made of it.
#pragma once

#include <string>
#include <vector>

namespace flm {

struct FlagEntry {
  std::string name;                   // --model
  std::string brief;                  // -x; "" where there is none
  std::vector<std::string> accepted;  // other spellings: --model_args
  std::string heading;
  std::string value;                 // DIR, FILE, N, RUN, TASKS, ...; "" = a switch
  std::vector<std::string> choices;  // all there are, where they are listed
  std::string about;
  std::string default_value;       // "" = none
  std::vector<std::string> needs;  // flags that must stand beside it: --watch

  /// DIR, or the choices, text|md.
  std::string value_text() const;
};

struct CommandEntry {
  std::string name;     // "tasks list"
  std::string heading;  // of the list of commands
  std::string about;
  std::string example;   // a whole command line
  std::string operands;  // "RUN..."; "" = none
  std::string operands_about;
  std::vector<FlagEntry> flags;  // in the order of help; an action has its command's, too
  std::vector<CommandEntry> actions;
};

/// The command or action of these words ("tasks list"); null for unknown ones.
const CommandEntry* find_command(const std::vector<CommandEntry>& table, const std::string& name);

}  // namespace flm
