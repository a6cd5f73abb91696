#include "harness/commands/commands.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>

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

/// Those in which the processes of a job work together.
constexpr const char* kTogether[] = {"run", "score", "generate", "plan", "track"};

bool is_any_of(const std::string& word, std::initializer_list<const char*> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

bool needs_one_process(const std::vector<std::string>& words) {
  const auto command = std::find_if(words.begin(), words.end(), [](const std::string& word) {
    return !is_any_of(word, {"lm_eval", "lm-eval"});
  });
  if (command == words.end()) return true;
  if (std::any_of(command, words.end(), [](const std::string& word) {
        return is_any_of(word, {"--help", "-h", "--version", "-V"});
      }))
    return true;
  return !command->starts_with("-") &&  // flags alone are those of run
         std::find(std::begin(kTogether), std::end(kTogether), *command) == std::end(kTogether);
}

Command command_of(const std::string& name) {
  for (const auto& command : kCommands)
    if (name == command.name) return command.run;
  throw_internal(__FILE__, __LINE__, "a subcommand without a function: " + name);
}

}  // namespace flm
