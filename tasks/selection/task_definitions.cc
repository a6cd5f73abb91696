#include "tasks/selection/task_definitions.h"

#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/errors.h"

namespace flm {

std::string config_without_shots(const std::string& config_json) {
  Json config = parse_json(config_json, "a task's config");
  config.erase("num_fewshot");
  return compact_json(config);
}

bool TaskDefinitions::add(const std::string& name, const TaskDefinition& definition) {
  const auto [place, fresh] = met_.try_emplace(name, definition);
  if (fresh) return true;
  const TaskDefinition& first = place->second;
  if (first.file != definition.file || first.config != definition.config ||
      first.shots != definition.shots)
    refuse(name, first, definition);
  return false;
}

void TaskDefinitions::refuse(const std::string& name, const TaskDefinition& first,
                             const TaskDefinition& second) const {
  if (first.file != second.file)
    throw UserError("two tasks have the name " + name + ": " + first.file + " and " + second.file +
                    "; rename one of them, or run them apart");
  const auto by = [](const TaskDefinition& one) {
    return "by " + (one.asked_by.empty() ? "--tasks" : one.asked_by);
  };
  const auto shots = [&](const TaskDefinition& one) {
    return "with " + std::to_string(one.shots) + " shots " + by(one);
  };
  if (first.config == second.config)
    throw UserError("the task " + name + " is asked for in two ways, " + shots(first) + " and " +
                    shots(second) + ": a run has one of each name; run them apart" +
                    (shots_are_chosen_ ? "" : ", or give both the same with --num-fewshot N") +
                    " (it stands in " + first.file + ")");
  throw UserError("the task " + name + " is asked for in two ways, " + by(first) + " and " +
                  by(second) +
                  ": they hand it different keys; run them apart, or give one of the two a file "
                  "and a name of its own (it stands in " +
                  first.file + ")");
}

}  // namespace flm
