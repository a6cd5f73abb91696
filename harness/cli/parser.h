// The subcommands and their flags. Everything that says what there is (the parser itself, help,
// completion, the man page) is made from here.
#pragma once

#include <CLI/App.hpp>
#include <memory>
#include <string>

#include "harness/cli/options.h"

namespace flm {

/// The parser and what it fills in: kept together because CLI11 writes through pointers.
struct Parser {
  CLI::App app{"scores Tele-FLM and other Llama-shaped checkpoints"};
  Options options;
  std::string chosen;           // subcommand
  std::string heading = "Run";  // of the subcommands that are added

  /// A subcommand below the heading. `example` is a whole command line.
  CLI::App* add(const std::string& name, const std::string& about, const std::string& example);
  /// A subcommand of a subcommand, as `flmeval tasks list`: Options::action is its name. It takes
  /// its parent's flags, too.
  CLI::App* add_action(CLI::App& parent, const std::string& name, const std::string& about,
                       const std::string& example);
  /// Words without a hyphen: Options::operands. `name` is what help calls them.
  CLI::Option* add_operands(CLI::App& command, const std::string& name, const std::string& about);
};

/// With every subcommand, nothing parsed.
std::unique_ptr<Parser> make_parser();

void add_scoring_commands(Parser& parser);  // run, track, plan, score, generate, tokenize
void add_looking_commands(Parser& parser);  // show, tasks, data, model
void add_stored_commands(Parser& parser);   // runs, report, compare, gate
void add_machine_commands(Parser& parser);  // doctor, bench, judge, completion, man

}  // namespace flm
