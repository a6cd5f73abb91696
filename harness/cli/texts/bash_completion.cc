// flmeval completion bash (completion.h).
#include "base/text/joined.h"
#include "harness/cli/texts/completion.h"

namespace flm {
namespace {

constexpr const char* kBashBegin = R"(# bash completion of flmeval; made by: flmeval completion bash
# Names of tasks and runs are others' words: compgen -W would expand them.
_flmeval_names() {
  local name
  while IFS= read -r name; do
    [[ $name == "$3"* ]] && COMPREPLY+=("$2$name")
  done < <("${COMP_WORDS[0]}" completion "$1" 2>/dev/null)
}

_flmeval_reply() {
  local before=
  case $1 in
    folders) COMPREPLY=($(compgen -d -- "$2")) ;;
    files) COMPREPLY=($(compgen -f -- "$2")) ;;
    tasks | runs)
      [[ $1 == tasks && $2 == *,* ]] && before=${2%,*},
      _flmeval_names "$1" "$before" "${2#"$before"}"
      ;;
    *) COMPREPLY=($(compgen -W "$1" -- "$2")) ;;
  esac
}

_flmeval() {
  local now=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}
  COMPREPLY=()
)";

constexpr const char* kBashEnd = R"(}
complete -o filenames -F _flmeval flmeval
)";

std::string reply(CompletedWith with, const std::vector<std::string>& choices) {
  switch (with) {
    case CompletedWith::kFolders:
      return "folders";
    case CompletedWith::kFiles:
      return "files";
    case CompletedWith::kRuns:
      return "runs";
    case CompletedWith::kTasks:
      return "tasks";
    case CompletedWith::kChoices:
      return "'" + joined(choices, " ") + "'";
    case CompletedWith::kNothing:
      break;
  }
  return "";
}

std::vector<std::string> names_of(const std::vector<CommandEntry>& commands) {
  std::vector<std::string> names;
  for (const CommandEntry& one : commands)
    names.push_back(one.name.substr(one.name.rfind(' ') + 1));
  return names;
}

/// The word behind a flag that takes a value.
std::string value_cases(const std::vector<CommandEntry>& table) {
  std::string out = "  case \"$command $before\" in\n";
  for (const CommandEntry* command : all_commands(table))
    for (const FlagEntry& flag : command->flags) {
      if (flag.value.empty()) continue;
      const std::string with = reply(completed_with(flag), flag.choices);
      out += "    '" + command->name + " " + flag.name + "') " +
             (with.empty() ? "" : "_flmeval_reply " + with + " \"$now\"; ") + "return ;;\n";
    }
  return out + "  esac\n";
}

std::string flag_cases(const std::vector<CommandEntry>& table) {
  std::string out = "  if [[ $now == -* ]]; then\n    case $command in\n";
  for (const CommandEntry* command : all_commands(table)) {
    std::vector<std::string> names = {"--help"};
    for (const FlagEntry& flag : command->flags) names.push_back(flag.name);
    out +=
        "      '" + command->name + "') _flmeval_reply '" + joined(names, " ") + "' \"$now\" ;;\n";
  }
  return out + "    esac\n    return\n  fi\n";
}

std::string operand_cases(const std::vector<CommandEntry>& table) {
  std::string out = "  case $command in\n";
  for (const CommandEntry* command : all_commands(table)) {
    const std::string with =
        command->actions.empty()
            ? reply(operands_completed_with(*command), operand_choices(*command))
            : "'" + joined(names_of(command->actions), " ") + "'";
    if (!with.empty())
      out += "    '" + command->name + "') _flmeval_reply " + with + " \"$now\" ;;\n";
  }
  return out + "  esac\n";
}

}  // namespace

std::string bash_completion(const std::vector<CommandEntry>& table) {
  std::string out = kBashBegin;
  out += "  if ((COMP_CWORD == 1)); then\n    _flmeval_reply '" + joined(names_of(table), " ") +
         " help' \"$now\"\n    return\n  fi\n" +
         "  if ((COMP_CWORD == 2)) && [[ $command == help ]]; then\n    _flmeval_reply '" +
         joined(names_of(table), " ") + "' \"$now\"\n    return\n  fi\n";
  for (const CommandEntry& command : table)
    for (const CommandEntry& action : command.actions)
      out += "  ((COMP_CWORD > 2)) && [[ \"$command ${COMP_WORDS[2]}\" == '" + action.name +
             "' ]] && command='" + action.name + "'\n";
  return out + value_cases(table) + flag_cases(table) + operand_cases(table) + kBashEnd;
}

}  // namespace flm
