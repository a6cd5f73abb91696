#include "harness/cli/parser.h"

#include <CLI/CLI.hpp>

#include "harness/cli/flags.h"

namespace flm {
namespace {

/// The last heading of every help.
void add_quiet_flags(Parser& parser) {
  for (CLI::App* command : parser.app.get_subcommands({})) {
    if (command->get_name() == "bench") continue;  // has flags of its own
    begin_heading(*command, "Output");
    command->add_flag("--quiet", parser.options.quiet,
                      "Nothing on stderr but errors: no progress, no notes");
  }
}

}  // namespace

CLI::App* Parser::add(const std::string& name, const std::string& about,
                      const std::string& example) {
  CLI::App* command = app.add_subcommand(name, about);
  command->group(heading);
  command->footer(example);
  command->callback([this, name] { chosen = name; });
  return command;
}

CLI::App* Parser::add_action(CLI::App& parent, const std::string& name, const std::string& about,
                             const std::string& example) {
  CLI::App* action = parent.add_subcommand(name, about);
  action->footer(example);
  action->fallthrough();
  action->callback([this, name] { options.action = name; });
  return action;
}

CLI::Option* Parser::add_operands(CLI::App& command, const std::string& name,
                                  const std::string& about) {
  return command.add_option(name, options.operands, about);
}

std::unique_ptr<Parser> make_parser() {
  auto parser = std::make_unique<Parser>();
  parser->app.require_subcommand(1);
  parser->app.set_version_flag("-V,--version", "flmeval " FLM_VERSION);
  add_scoring_commands(*parser);
  add_looking_commands(*parser);
  add_stored_commands(*parser);
  add_machine_commands(*parser);
  add_quiet_flags(*parser);
  return parser;
}

}  // namespace flm
