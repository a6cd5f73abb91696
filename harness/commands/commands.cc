#include "harness/commands/commands.h"

#include "base/errors.h"

namespace flm {
namespace {

constexpr struct {
  const char* name;
  Command run;
} kCommands[] = {
    {"runs", command_runs},         {"completion", command_completion},
    {"man", command_man},           {"run", command_run},
    {"score", command_score},       {"generate", command_generate},
    {"tokenize", command_tokenize}, {"show", command_show},
    {"plan", command_plan},         {"tasks", command_tasks},
    {"data", command_data},         {"model", command_model},
    {"report", command_report},     {"compare", command_compare},
    {"judge", command_judge},       {"doctor", command_doctor},
    {"gate", command_gate},         {"bench", command_bench},
    {"track", command_track},       {"watch", command_watch},
    {"version", command_version},
};

}  // namespace

Command command_of(const std::string& name) {
  for (const auto& command : kCommands)
    if (name == command.name) return command.run;
  throw_internal(__FILE__, __LINE__, "a subcommand without a function: " + name);
}

}  // namespace flm
