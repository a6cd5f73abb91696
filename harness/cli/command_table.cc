#include "harness/cli/command_table.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

#include "harness/cli/parser.h"

namespace flm {
namespace {

/// "TEXT:{auto,fp32}", as CLI11 names a type with its checks.
std::vector<std::string> choices_of(const std::string& type) {
  const std::size_t open = type.find('{'), close = type.find('}');
  if (open == std::string::npos || close == std::string::npos) return {};
  std::istringstream list(type.substr(open + 1, close - open - 1));
  std::vector<std::string> choices;
  for (std::string choice; std::getline(list, choice, ',');) choices.push_back(choice);
  return choices;
}

FlagEntry flag_of(const CLI::Option& option) {
  FlagEntry flag;
  const std::vector<std::string>& names = option.get_lnames();
  flag.name = "--" + names.front();
  for (std::size_t i = 1; i < names.size(); ++i) flag.accepted.push_back("--" + names[i]);
  if (!option.get_snames().empty()) flag.brief = "-" + option.get_snames().front();
  flag.heading = option.get_group();
  flag.about = option.get_description();
  flag.default_value = option.get_default_str();
  for (const CLI::Option* needed : option.get_needs())
    flag.needs.push_back("--" + needed->get_lnames().front());
  if (option.get_expected_min() == 0) return flag;  // a switch
  const std::string type = option.get_type_name();
  flag.choices = choices_of(type);
  flag.value = type.substr(0, type.find(':'));
  return flag;
}

bool is_shown(const CLI::Option& option) {
  return !option.get_lnames().empty() && option.get_lnames().front() != "help" &&
         !option.get_group().empty();
}

void put_operands(const CLI::App& command, CommandEntry& entry) {
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_lnames().empty() || !option->get_snames().empty()) continue;
    if (option->get_group().empty()) continue;
    entry.operands = option->get_name(true);
    if (option->get_expected_max() > 1 && entry.operands.find_first_of("_[") == std::string::npos)
      entry.operands += "...";
    std::replace(entry.operands.begin(), entry.operands.end(), '_', ' ');
    entry.operands_about = option->get_description();
  }
}

/// Flags of one heading together, in the order of their first one; what is printed comes last.
void order_by_heading(std::vector<FlagEntry>& flags) {
  std::vector<std::string> headings;
  for (const FlagEntry& flag : flags)
    if (std::find(headings.begin(), headings.end(), flag.heading) == headings.end())
      headings.push_back(flag.heading);
  std::stable_partition(headings.begin(), headings.end(),
                        [](const std::string& heading) { return heading != "Output"; });
  std::stable_sort(flags.begin(), flags.end(), [&](const FlagEntry& a, const FlagEntry& b) {
    return std::find(headings.begin(), headings.end(), a.heading) <
           std::find(headings.begin(), headings.end(), b.heading);
  });
}

CommandEntry entry_of(const CLI::App& command, const std::string& parent) {
  CommandEntry entry;
  entry.name = parent.empty() ? command.get_name() : parent + " " + command.get_name();
  entry.heading = command.get_group();
  entry.about = command.get_description();
  entry.example = command.get_footer();
  put_operands(command, entry);
  for (const CLI::Option* option : command.get_options())
    if (is_shown(*option)) entry.flags.push_back(flag_of(*option));
  order_by_heading(entry.flags);
  for (const CLI::App* action : command.get_subcommands({})) {
    CommandEntry below = entry_of(*action, entry.name);
    below.flags.insert(below.flags.end(), entry.flags.begin(), entry.flags.end());
    order_by_heading(below.flags);
    entry.actions.push_back(std::move(below));
  }
  return entry;
}

}  // namespace

std::vector<CommandEntry> command_table() {
  const auto parser = make_parser();
  std::vector<CommandEntry> table;
  for (const CLI::App* command : parser->app.get_subcommands({}))
    table.push_back(entry_of(*command, ""));
  return table;
}

}  // namespace flm
