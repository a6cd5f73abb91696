#include "harness/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <sstream>

#include "base/errors.h"
#include "base/system/terminal_size.h"
#include "base/text/nearest_name.h"
#include "base/text/shell_word.h"
#include "harness/cli/command_table.h"
#include "harness/cli/flag_files.h"
#include "harness/cli/lm_eval/flags.h"
#include "harness/cli/lm_eval/translate.h"
#include "harness/cli/parser.h"
#include "harness/cli/texts/help.h"
#include "harness/cli/word_elsewhere.h"

namespace flm {
namespace {

std::string did_you_mean(const std::string& near, const std::string& otherwise) {
  return near.empty() ? "; see " + otherwise : "; did you mean " + near + "?";
}

std::vector<std::string> names_below(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands({})) names.push_back(sub->get_name());
  return names;
}

void check_command(const CLI::App& app, const std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments[0].starts_with("-")) return;
  const std::vector<std::string> names = names_below(app);
  if (std::find(names.begin(), names.end(), arguments[0]) != names.end()) return;
  if (const std::string remedy = remedy_for_launcher(arguments); !remedy.empty())
    throw UserError("no such command; " + remedy + " (asked: " + arguments[0] + ")");
  throw UserError("no such command" +
                  did_you_mean(nearest_name(arguments[0], names), "flmeval --help") +
                  " (asked: " + arguments[0] + ")");
}

/// The command that was typed, or the action of it: `flmeval tasks list`.
const CLI::App& innermost(const CLI::App& app) {
  const std::vector<CLI::App*> below = app.get_subcommands();
  return below.empty() ? app : innermost(*below.front());
}

/// "tasks list"; "" for the program itself.
std::string name_of(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  if (!parent) return "";
  const std::string above = name_of(*parent);
  return above.empty() ? command.get_name() : above + " " + command.get_name();
}

std::string help_command(const CLI::App& command) {
  const std::string name = name_of(command);
  return "flmeval " + (name.empty() ? "" : name + " ") + "--help";
}

/// Long flags of a command, and of the one that it is an action of.
std::vector<std::string> flag_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* app = &command; app; app = app->get_parent())
    for (const CLI::Option* option : app->get_options())
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

/// The flag that `typed` abbreviates, as argparse of lm_eval takes it; "" where several begin so.
std::string abbreviated_flag(const std::string& typed, const CLI::App& command) {
  const auto hyphens = [](std::string name) {
    std::replace(name.begin(), name.end(), '_', '-');
    return name;
  };
  std::vector<std::string> names = flag_names(command);
  if (command.get_option_no_throw("--num-fewshot"))  // where its flags are read
    for (const LmEvalFlag& flag : lm_eval_flags()) names.push_back("--" + flag.name);
  std::string found;
  for (const std::string& name : names) {
    if (!hyphens(name).starts_with(hyphens(typed))) continue;
    if (!found.empty() && hyphens(name) != hyphens(found)) return "";
    if (found.empty()) found = name;
  }
  return found;
}

/// What no flag took, in the order typed: words that the command does not know, else its operands,
/// which may want the flag that is missing.
std::vector<std::string> loose_words(const Parser& parser) {
  const std::vector<std::string> words = parser.app.remaining(true);
  return words.empty() ? parser.options.operands : words;
}

/// What the subcommand did not know, with the flag or action that is nearest to the first.
[[noreturn]] void unknown_words(const Parser& parser) {
  const CLI::App& command = innermost(parser.app);
  const std::vector<std::string> words = loose_words(parser);
  std::string typed;
  for (const std::string& word : words) typed += (typed.empty() ? "" : " ") + word;
  const std::string first = words.empty() ? "" : words[0].substr(0, words[0].find('='));
  const bool flag = first.starts_with("-"), action = !names_below(command).empty();
  const bool begun = first.starts_with("--") && first.size() > 3;
  std::string near = begun ? abbreviated_flag(first, command) : "";
  if (near.empty())
    near = first.starts_with("--") ? nearest_name(first, flag_names(command))
           : action && !flag       ? nearest_name(first, names_below(command))
                                   : "";
  const std::string name = name_of(command), instead = in_place_of(name, first);
  if (!instead.empty()) throw UserError("no such flag; " + instead + " (typed: " + typed + ")");
  const std::string wanted = flag || action ? "" : flag_of_word(name, first);
  if (!wanted.empty() && command.get_option_no_throw(wanted))
    throw UserError("a word without its flag; did you mean " + wanted + " " + shell_word(first) +
                    "? (typed: " + typed + ")");
  throw UserError((flag     ? "no such flag"
                   : action ? "no such action"
                            : "a word too many") +
                  did_you_mean(near, help_command(command)) + " (typed: " + typed + ")");
}

/// More words than the command has operands: CLI11 tells it in words of its own.
void refuse_second_operand(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    const bool operand = option->get_lnames().empty() && option->get_snames().empty();
    if (!operand || option->get_expected_max() != 1 || option->results().size() < 2) continue;
    std::string name = option->get_name(true);
    std::erase_if(name, [](char c) { return c == '[' || c == ']'; });
    throw UserError(name_of(command) + " takes one " + name +
                    " (too much: " + option->results()[1] + ")");
  }
}

/// A flag that nobody knows, or a word that wants one: perhaps the one that is missing.
bool has_unknown_word(const Parser& parser) {
  const std::vector<std::string> words = loose_words(parser);
  return !words.empty() && (words[0].starts_with("-") ||
                            !flag_of_word(name_of(innermost(parser.app)), words[0]).empty());
}

/// What was given of a subcommand's flags; of one that takes no value, the last word.
std::vector<TypedFlag> typed_flags(const CLI::App& command) {
  std::vector<TypedFlag> typed;
  for (const CLI::Option* option : command.get_options())
    if (option->count() > 0 && !option->get_lnames().empty()) {
      std::vector<std::string> values = option->results();
      if (option->get_expected_min() == 0) values.erase(values.begin(), values.end() - 1);
      typed.push_back({"--" + option->get_lnames().front(), std::move(values)});
    }
  return typed;
}

/// `--name=` as `--name` and an empty word: CLI11 would take the next flag for its value.
std::vector<std::string> with_empty_values(const CLI::App& app, std::vector<std::string> words) {
  const CLI::App* command = nullptr;
  for (const CLI::App* one : app.get_subcommands({}))
    if (!words.empty() && one->get_name() == words[0]) command = one;
  for (std::size_t i = 1; command && i < words.size(); ++i) {
    if (!words[i].starts_with("--") || words[i].find('=') + 1 != words[i].size()) continue;
    const std::string name = words[i].substr(0, words[i].size() - 1);
    const CLI::Option* option = command->get_option_no_throw(name);
    if (!option || option->get_expected_min() == 0) continue;
    words[i] = name;
    words.insert(words.begin() + static_cast<std::ptrdiff_t>(i) + 1, "");
  }
  return words;
}

void parse(Parser& parser, std::vector<std::string> arguments) {
  check_command(parser.app, arguments);
  arguments = with_empty_values(parser.app, std::move(arguments));
  std::reverse(arguments.begin(), arguments.end());  // CLI11 wants them last first
  parser.app.parse(std::move(arguments));
  if (!parser.options.run.models.empty())
    parser.options.model.model = parser.options.run.models.back();
  for (const CLI::App* command : parser.app.get_subcommands())
    parser.options.typed = typed_flags(*command);
}

/// `help run` as `run --help`, `help` as nothing at all.
std::vector<std::string> without_help_word(std::vector<std::string> words) {
  if (words.empty() || words[0] != "help") return words;
  words.erase(words.begin());
  if (!words.empty()) words.push_back("--help");
  return words;
}

/// `run --version`, `tasks list -V`: the program's.
bool asks_version(const CLI::App& app, const std::vector<std::string>& words) {
  const std::vector<std::string> names = names_below(app);
  return words.size() > 1 && std::find(names.begin(), names.end(), words[0]) != names.end() &&
         (words.back() == "--version" || words.back() == "-V") &&
         std::none_of(words.begin(), words.end() - 1,
                      [](const std::string& word) { return word.starts_with("-"); });
}

/// `model DIR` as `model show DIR`.
std::vector<std::string> with_action(std::vector<std::string> words) {
  if (words.size() > 1 && words[0] == "model" && std::filesystem::is_directory(words[1]))
    words.insert(words.begin() + 1, "show");
  return words;
}

bool goes_on(const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(), [](const std::string& word) {
    return word.starts_with("--resume") || word.starts_with("--again");
  });
}

/// Whether what is asked for is a text of the program's own, which no file of flags can spoil.
bool asks_for_text(const std::vector<std::string>& words) {
  static const std::vector<std::string> flags = {"--help", "-h", "--version", "-V"};
  return words.empty() || words[0] == "man" || words[0] == "completion" ||
         std::any_of(words.begin(), words.end(), [](const std::string& word) {
           return std::find(flags.begin(), flags.end(), word) != flags.end();
         });
}

/// What is typed wins over --config, and that over the project's file. A stored run that is taken
/// up has flags of its own: of the project's file it takes the store alone.
std::vector<std::string> with_flags_of_files(TranslatedLine& line) {
  std::vector<std::string> words =
      with_flags_of(line.others, with_action(std::move(line.words)), line.places);
  if (asks_for_text(words)) return words;
  ProjectFile file = read_project_file();
  if (goes_on(words))
    std::erase_if(file.entries, [](const ConfigEntry& entry) { return entry.key != "store"; });
  drop_those_without_need(file.entries, words);
  const std::size_t before = words.size();
  words = with_flags_of(file.entries, std::move(words), line.places, file.folder);
  std::string taken;
  for (std::size_t i = before; i < words.size(); ++i) taken += " " + words[i];
  if (!taken.empty()) line.notes.push_back("flags of " + file.path + ":" + taken);
  return with_home_folder(std::move(words));
}

/// "FILE:line: KEY: " where a file gave the flag that the fault names first; "" where it was typed.
std::string place_of(const std::string& fault, const FlagPlaces& places) {
  const std::size_t begin = std::min(fault.find("--"), fault.size());
  const auto is_name = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; };
  const auto end =
      std::find_if_not(fault.begin() + static_cast<std::ptrdiff_t>(begin), fault.end(), is_name);
  const auto place = places.find({fault.begin() + static_cast<std::ptrdiff_t>(begin), end});
  return place == places.end() ? "" : place->second + ": ";
}

std::string help_of(const CLI::App& app) {
  const std::vector<CommandEntry> table = command_table();
  const CommandEntry* command = find_command(table, name_of(innermost(app)));
  return command ? help_text(*command, terminal_columns())
                 : overview_text(table, terminal_columns());
}

}  // namespace

CommandLine parse_command_line(const std::vector<std::string>& arguments) {
  const std::vector<std::string> words = without_help_word(arguments);
  if (words.empty()) return {"", {}, overview_text(command_table(), terminal_columns()), {}};
  const auto parser = make_parser();
  TranslatedLine line = translate_lm_eval(
      asks_version(parser->app, words) ? std::vector<std::string>{"--version"} : words);
  try {
    parse(*parser, with_flags_of_files(line));
  } catch (const CLI::CallForHelp&) {
    return {"", {}, help_of(parser->app), {}};
  } catch (const CLI::ExtrasError&) {
    unknown_words(*parser);
  } catch (const CLI::RequiredError& error) {
    if (has_unknown_word(*parser)) unknown_words(*parser);
    throw UserError(std::string(error.what()) + "; see " + help_command(innermost(parser->app)));
  } catch (const CLI::ParseError& error) {
    refuse_second_operand(innermost(parser->app));
    if (error.get_exit_code() != 0)
      throw UserError(place_of(error.what(), line.places) + error.what() + "; see " +
                      help_command(innermost(parser->app)));
    std::ostringstream text;  // --version
    parser->app.exit(error, text);
    return {"", {}, text.str(), {}};
  }
  parser->options.lm_eval = std::move(line.typed);
  return {parser->chosen, std::move(parser->options), "", std::move(line.notes)};
}

Options parse_stored_arguments(const std::vector<std::string>& arguments) {
  const auto parser = make_parser();
  try {
    parse(*parser, arguments);
  } catch (const CLI::ParseError& error) {
    throw UserError(
        std::string("the flags of the stored run and those typed do not go together: ") +
        error.what());
  }
  return std::move(parser->options);
}

std::vector<TypedFlag> flags_of_run(std::vector<TypedFlag> typed) {
  const auto parser = make_parser();
  const CLI::App* run = parser->app.get_subcommand("run");
  std::erase_if(typed, [&](const TypedFlag& flag) { return !run->get_option_no_throw(flag.name); });
  return typed;
}

const TypedFlag* find_typed(const std::vector<TypedFlag>& flags, const std::string& name) {
  const auto at = std::find_if(flags.begin(), flags.end(),
                               [&](const TypedFlag& flag) { return flag.name == name; });
  return at == flags.end() ? nullptr : &*at;
}

bool leaves_fingerprint(const std::string& flag) {
  static const std::vector<std::string> flags = {"--resume",
                                                 "--again",
                                                 "--overwrite",
                                                 "--fresh",
                                                 "--store",
                                                 "--grace",
                                                 "--json",
                                                 "--quiet",
                                                 "--color",
                                                 "--threads",
                                                 "--memory",
                                                 "--host-memory",
                                                 "--output",
                                                 "--output-path",
                                                 "--data-parallel",
                                                 "--tensor-parallel",
                                                 "--pipeline-parallel",
                                                 "--placement",
                                                 "--name",
                                                 "--time-operations",
                                                 "--log-samples",
                                                 "--log-prompts",
                                                 "--verify",
                                                 "--verify-against",
                                                 "--export-code",
                                                 "--code-verdicts",
                                                 "--unsafe-code-execution",
                                                 "--accept-native-functions"};
  return std::find(flags.begin(), flags.end(), flag) != flags.end();
}

std::vector<std::string> arguments_of(const std::vector<TypedFlag>& flags) {
  std::vector<std::string> arguments = {"run"};
  for (const TypedFlag& flag : flags) {
    if (flag.values.front().empty()) {  // behind "=" the next word would be taken
      arguments.insert(arguments.end(), {flag.name, ""});
    } else {  // a value may begin with a hyphen
      arguments.push_back(flag.name + "=" + flag.values.front());
    }
    arguments.insert(arguments.end(), flag.values.begin() + 1, flag.values.end());
  }
  return arguments;
}

}  // namespace flm
