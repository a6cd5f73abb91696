// flmeval completion zsh (completion.h).
#include "harness/cli/texts/completion.h"

namespace flm {
namespace {

constexpr const char* kZshBegin = R"zsh(#compdef flmeval
# zsh completion of flmeval; made by: flmeval completion zsh
_flmeval_names() {
  local -a names
  names=(${(f)"$(_call_program names flmeval completion $1 2>/dev/null)"})
  compadd -a names
}
_flmeval_runs() { _flmeval_names runs }
_flmeval_task() { _flmeval_names tasks }
_flmeval_tasks() { _sequence _flmeval_task }

_flmeval() {
  local -a entries
  local name=$words[2]
)zsh";

constexpr const char* kZshEnd = R"zsh(}
if [[ $funcstack[1] == _flmeval ]]; then _flmeval "$@"; else compdef _flmeval flmeval; fi
)zsh";

/// Within single quotes of the shell, and what _arguments reads itself.
std::string escaped(const std::string& text, const std::string& special) {
  std::string out;
  for (char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      if (special.find(c) != std::string::npos) out += '\\';
      out += c;
    }
  }
  return out;
}

std::string action_of(CompletedWith with, const std::vector<std::string>& choices) {
  switch (with) {
    case CompletedWith::kFolders:
      return "_files -/";
    case CompletedWith::kFiles:
      return "_files";
    case CompletedWith::kRuns:
      return "_flmeval_runs";
    case CompletedWith::kTasks:
      return "_flmeval_tasks";
    case CompletedWith::kChoices: {
      std::string list;
      for (const std::string& choice : choices) list += (list.empty() ? "" : " ") + choice;
      return "(" + list + ")";
    }
    case CompletedWith::kNothing:
      break;
  }
  return "";
}

std::string describe(const std::vector<CommandEntry>& commands, const std::string& what) {
  std::string out = "    entries=(\n";
  for (const CommandEntry& one : commands)
    out += "      '" + one.name.substr(one.name.rfind(' ') + 1) + ":" + escaped(one.about, ":\\") +
           "'\n";
  return out + "    )\n    _describe " + what + " entries\n    return\n";
}

std::string flag_spec(const FlagEntry& flag) {
  std::string out = "'*" + flag.name + "[" + escaped(flag.about, "[]:\\") + "]";
  if (!flag.value.empty())
    out += ":" + escaped(flag.value, ":\\") + ":" + action_of(completed_with(flag), flag.choices);
  return out + "'";
}

std::string arguments_of(const CommandEntry& command) {
  std::string out = "    '" + command.name + "')\n      _arguments \\\n";
  for (const FlagEntry& flag : command.flags) out += "        " + flag_spec(flag) + " \\\n";
  const std::string with = action_of(operands_completed_with(command), operand_choices(command));
  out += "        '--help[Usage, flags, an example]' \\\n        '*:" +
         escaped(command.operands, ":\\") + ":" + with + "'\n      ;;\n";
  return out;
}

}  // namespace

std::string zsh_completion(const std::vector<CommandEntry>& table) {
  std::string out = kZshBegin;
  out += "  if ((CURRENT == 2)) || { ((CURRENT == 3)) && [[ $name == help ]]; }; then\n" +
         describe(table, "command") + "  fi\n";
  out += "  shift words\n  ((CURRENT--))\n";
  for (const CommandEntry& command : table) {
    if (command.actions.empty()) continue;
    out += "  if [[ $name == " + command.name +
           " ]] && ((CURRENT == 2)) && [[ $words[2] != -* ]]; "
           "then\n" +
           describe(command.actions, "action") + "  fi\n";
    for (const CommandEntry& action : command.actions)
      out += "  if [[ \"$name $words[2]\" == '" + action.name + "' ]]; then\n    name='" +
             action.name + "'\n    shift words\n    ((CURRENT--))\n  fi\n";
  }
  out += "  case $name in\n";
  for (const CommandEntry* command : all_commands(table)) out += arguments_of(*command);
  return out + "  esac\n" + kZshEnd;
}

}  // namespace flm
