// flmeval completion fish (completion.h).
#include "harness/cli/texts/completion.h"

namespace flm {
namespace {

constexpr const char* kFishBegin = R"(# fish completion of flmeval; made by: flmeval completion fish
function __flmeval_tasks
    set -l word (commandline -ct)
    set -l before (string match -r '.*,' -- $word)
    for name in (flmeval completion tasks 2>/dev/null)
        echo $before$name
    end
end
complete -c flmeval -f
)";

std::string in_quotes(const std::string& text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string values(CompletedWith with, const std::vector<std::string>& choices) {
  switch (with) {
    case CompletedWith::kFolders:
      return " -a '(__fish_complete_directories)'";
    case CompletedWith::kFiles:
      return " -F";
    case CompletedWith::kRuns:
      return " -a '(flmeval completion runs 2>/dev/null)'";
    case CompletedWith::kTasks:
      return " -a '(__flmeval_tasks)'";
    case CompletedWith::kChoices: {
      std::string list;
      for (const std::string& choice : choices) list += (list.empty() ? "" : " ") + choice;
      return " -a " + in_quotes(list);
    }
    case CompletedWith::kNothing:
      break;
  }
  return "";
}

std::string last_word(const std::string& name) { return name.substr(name.rfind(' ') + 1); }

/// The command line has this command, and where it is an action, the action.
std::string seen(const CommandEntry& command) {
  const std::string& name = command.name;
  const std::string first = name.substr(0, name.find(' '));
  std::string out = "__fish_seen_subcommand_from " + first;
  if (first != name) out += "; and __fish_seen_subcommand_from " + last_word(name);
  return out;
}

std::string actions_of(const CommandEntry& command) {
  std::string names, out;
  for (const CommandEntry& action : command.actions) names += " " + last_word(action.name);
  for (const CommandEntry& action : command.actions)
    out += "complete -c flmeval -n " +
           in_quotes(seen(command) + "; and not __fish_seen_subcommand_from" + names) + " -a " +
           last_word(action.name) + " -d " + in_quotes(action.about) + "\n";
  return out;
}

std::string operands_of(const CommandEntry& command) {
  const std::string with = values(operands_completed_with(command), operand_choices(command));
  return with.empty() ? "" : "complete -c flmeval -n " + in_quotes(seen(command)) + with + "\n";
}

}  // namespace

std::string fish_completion(const std::vector<CommandEntry>& table) {
  std::string out = kFishBegin;
  for (const CommandEntry& command : table)
    out += "complete -c flmeval -n '__fish_seen_subcommand_from help' -a " + command.name + "\n";
  for (const CommandEntry& command : table) {
    out += "complete -c flmeval -n __fish_use_subcommand -a " + command.name + " -d " +
           in_quotes(command.about) + "\n" + actions_of(command);
    for (const FlagEntry& flag : command.flags)
      out += "complete -c flmeval -n " + in_quotes(seen(command)) + " -l " + flag.name.substr(2) +
             (flag.value.empty() ? "" : " -r") + values(completed_with(flag), flag.choices) +
             " -d " + in_quotes(flag.about) + "\n";
  }
  for (const CommandEntry* command : all_commands(table)) out += operands_of(*command);
  return out;
}

}  // namespace flm
