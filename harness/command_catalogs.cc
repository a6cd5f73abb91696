// flmeval tasks and flmeval data: what there is.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "datasets/dataset.h"
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

int show_datasets(const Options& options, bool verify) {
  Json all = Json::array();
  bool sound = true;
  for (const DatasetStatus& set : dataset_statuses(data_root(options.task), verify)) {
    sound &= set.problems.empty();
    all.push_back({{"name", set.name},
                   {"source", set.source},
                   {"licence", set.licence},
                   {"found", set.found},
                   {"problems", set.problems}});
    if (options.json) continue;
    std::printf("%-12s %-24s %s (%s)\n", set.name.c_str(), set.found.c_str(), set.source.c_str(),
                set.licence.c_str());
    for (const std::string& problem : set.problems) std::printf("  %s\n", problem.c_str());
  }
  if (options.json) print_line(compact_json(all));
  return sound ? kDone : kCheckSaidNo;
}

}  // namespace

int command_tasks(const Options& options, Progress&) {
  const std::string action = options.operands.empty() ? "list" : options.operands[0];
  if (action == "list") return list_tasks(options);
  if (action == "validate") return validate_tasks(options);
  throw UserError("tasks knows list and validate FILE...: " + action);
}

int command_data(const Options& options, Progress&) {
  const std::string action = options.operands.empty() ? "list" : options.operands[0];
  if (action == "list" || action == "verify") return show_datasets(options, action == "verify");
  if (action != "fetch") throw UserError("data knows list, verify and fetch NAME: " + action);
  if (options.operands.size() != 2) throw UserError("data fetch wants one NAME");
  for (const DatasetStatus& set : dataset_statuses(data_root(options.task), false)) {
    if (set.name != options.operands[1]) continue;
    throw UserError("fetching is not in this version: download " + set.name + " from " +
                    set.source + " in its official layout into a folder and give --data FOLDER");
  }
  throw UserError("no such data set; see flmeval data list: " + options.operands[1]);
}

}  // namespace flm
