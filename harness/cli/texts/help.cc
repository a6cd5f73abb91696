#include "harness/cli/texts/help.h"

#include <algorithm>
#include <utility>

#include "reports/figures/wrapped_text.h"

namespace flm {
namespace {

constexpr int kWidest = 100;  // longer lines are hard to read
constexpr std::size_t kTextColumn = 28;

/// A name and what it is: in two columns, or below each other where the name is long.
std::string entry(const std::string& name, const std::string& about, std::size_t column,
                  int columns) {
  std::string begin = "  " + name, above;
  if (begin.size() + 2 > column) above = std::exchange(begin, "") + "\n";
  begin.resize(column, ' ');
  const std::string text =
      wrapped(std::string(column, ' ') + about, std::clamp(columns, 40, kWidest), column);
  return above + begin + text.substr(column);
}

std::string flag_line(const FlagEntry& flag, int columns) {
  const std::string value = flag.value_text();
  const std::string name = (flag.brief.empty() ? "" : flag.brief + ", ") + flag.name +
                           (value.empty() ? "" : " " + value);
  const std::string about =
      flag.about + (flag.default_value.empty() ? "" : " [" + flag.default_value + "]");
  return entry(name, about, kTextColumn, columns);
}

/// The names below their headings, in order.
std::string command_list(const std::vector<CommandEntry>& commands, int columns) {
  std::string out, heading;
  for (const CommandEntry& command : commands) {
    if (command.heading != heading) out += "\n" + command.heading + "\n";
    heading = command.heading;
    out += entry(command.name, command.about, 14, columns);
  }
  return out;
}

}  // namespace

std::string overview_text(const std::vector<CommandEntry>& table, int columns) {
  return "flmeval " FLM_VERSION
         ": scores Tele-FLM and other Llama-shaped checkpoints\n\n"
         "Usage: flmeval COMMAND [FLAGS]\n" +
         command_list(table, columns) +
         "\nExamples\n"
         "  flmeval run --model DIR --tasks mmlu,gsm8k --data DATA   score a checkpoint\n"
         "  flmeval report RUN                                       show a stored run again\n"
         "  flmeval compare A B                                      do two runs differ?\n"
         "  flmeval help run                                         the flags of a command\n\n"
         "A line of lm_eval works too: flmeval --model hf --model_args pretrained=DIR --tasks "
         "...\n";
}

std::string help_text(const CommandEntry& command, int columns) {
  std::string out = command.about + "\n\nUsage: flmeval " + command.name;
  if (!command.actions.empty()) out += " ACTION";
  if (!command.operands.empty()) out += " " + command.operands;
  out += " [FLAGS]\n";
  if (!command.operands.empty())
    out += "\n" + entry(command.operands, command.operands_about, kTextColumn, columns);
  if (!command.actions.empty()) out += "\nActions\n";
  for (const CommandEntry& action : command.actions) {
    const std::string word = action.name.substr(command.name.size() + 1);
    out += entry(word + (action.operands.empty() ? "" : " " + action.operands), action.about,
                 kTextColumn, columns);
  }
  std::string heading;
  for (const FlagEntry& flag : command.flags) {
    if (flag.heading != heading) out += "\n" + flag.heading + "\n";
    heading = flag.heading;
    out += flag_line(flag, columns);
  }
  const bool spelled = std::any_of(command.flags.begin(), command.flags.end(),
                                   [](const FlagEntry& flag) { return !flag.accepted.empty(); });
  out += "\nExample: " + command.example + "\n";
  if (spelled) out += "Defaults stand in brackets; underscores work too (--num_fewshot).\n";
  return out;
}

}  // namespace flm
