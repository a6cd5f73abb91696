// A name has one definition in a run; a task that is reached twice is the same one.
#pragma once

#include <map>
#include <string>

namespace flm {

/// Where a task was defined, to tell the same one reached twice from another of its name.
struct TaskDefinition {
  std::string file, config;  // the config without its shots
  int shots;                 // as it would run
  std::string asked_by;      // groups from the outermost; "": --tasks
};

/// Of a task's merged file.
std::string config_without_shots(const std::string& config_json);

/// The definitions that a selection has met.
class TaskDefinitions {
 public:
  explicit TaskDefinitions(bool shots_are_chosen) : shots_are_chosen_(shots_are_chosen) {}
  /// Whether the name is new; a UserError where it has another definition already.
  bool add(const std::string& name, const TaskDefinition& definition);

 private:
  [[noreturn]] void refuse(const std::string& name, const TaskDefinition& first,
                           const TaskDefinition& second) const;

  const bool shots_are_chosen_;  // by --num-fewshot
  std::map<std::string, TaskDefinition> met_;
};

}  // namespace flm
