// flmeval tasks: what there is.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "harness/commands.h"
#include "harness/exit_code.h"
#include "harness/jsonl.h"
#include "harness/model_access.h"

namespace flm {
namespace {

int list_tasks(const Options& options) {
  Json all = Json::array();
  for (const KnownTask& task : known_tasks(options.task.include_path)) {
    if (!options.json) {
      std::printf("%-6s %-44s %s\n", task.kind.c_str(), task.name.c_str(),
                  task.description.c_str());
    }
    all.push_back({{"name", task.name},
                   {"kind", task.kind},
                   {"description", task.description},
                   {"file", task.file}});
  }
  if (options.json) print_line(compact_json(all));
  return kDone;
}

int validate_tasks(const Options& options) {
  if (options.operands.size() < 2) throw UserError("tasks validate wants FILE...");
  Json all = Json::array();
  for (std::size_t i = 1; i < options.operands.size(); ++i) {
    for (const std::string& finding :
         validate_task_file(options.operands[i], data_root(options.task))) {
      if (!options.json) std::printf("%s\n", finding.c_str());
      all.push_back(finding);
    }
  }
  if (options.json) print_line(compact_json(all));
  if (!options.json && all.empty())
    std::printf("%zu file(s), nothing found\n", options.operands.size() - 1);
  return all.empty() ? kDone : kUserError;
}

}  // namespace

int command_tasks(const Options& options, Progress&) {
  const std::string action = options.operands.empty() ? "list" : options.operands[0];
  if (action == "list") return list_tasks(options);
  if (action == "validate") return validate_tasks(options);
  throw UserError("tasks knows list and validate FILE...: " + action);
}

}  // namespace flm
