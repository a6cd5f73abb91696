// flmeval tasks: what there is, and whether a file of the user's is sound.
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/errors.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/jsonl.h"
#include "harness/commands/commands.h"
#include "harness/model/model_access.h"
#include "tasks/task.h"

namespace flm {
namespace {

constexpr std::int64_t kRendered = 10;  // documents of a task that validate renders

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

/// What only rendering shows: a column that the rows lack, a target outside the choices, data that
/// do not read. The first documents of every task of the file.
std::vector<std::string> rendering_findings(const std::string& file, const TaskFlags& flags) {
  TaskOptions options;
  options.tasks = {file};
  options.include_path = flags.include_path;
  options.data_root = data_root(flags);
  try {
    for (const auto& task : load_tasks(options).tasks) {
      std::vector<std::int64_t> ids(
          static_cast<std::size_t>(std::min(kRendered, task->doc_count())));
      std::iota(ids.begin(), ids.end(), 0);
      if (ids.empty()) return {file + ": task " + task->name() + " has no documents"};
      task->items(ids);
    }
    return {};
  } catch (const UserError& error) {
    const std::string message = error.what();
    return {message.find(file) == std::string::npos ? file + ": " + message : message};
  }
}

std::vector<std::string> findings_of(const std::string& file, const Options& options) {
  std::vector<std::string> findings = validate_task_file(file, data_root(options.task));
  const bool enough = options.files_only || !findings.empty();
  return enough ? findings : rendering_findings(file, options.task);
}

int validate_tasks(const Options& options) {
  if (options.operands.size() < 2) throw UserError("tasks validate wants FILE...");
  Json all = Json::array();
  for (std::size_t i = 1; i < options.operands.size(); ++i) {
    for (const std::string& finding : findings_of(options.operands[i], options)) {
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
