// A task made from a task file: lm-evaluation-harness's ConfigurableTask.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "datasets/dataset.h"
#include "tasks/spec.h"
#include "tasks/task.h"

namespace flm {

/// What the user chose for every task.
struct TaskSettings {
  std::optional<int> num_fewshot;
  std::uint64_t seed = 1234;
  std::string system_instruction;
  ChatOptions chat;
  std::shared_ptr<const CodeJudge> judge;  // see TaskOptions
};

/// The shots that are asked of a task, also of one whose prompts have room for none. One whose file
/// says 0 keeps them: its prompt holds its own.
int shots_of(const TaskSpec& spec, const TaskSettings& settings);

/// Loads the data and parses every template. UserErrors name the task file.
std::shared_ptr<const Task> make_configurable_task(TaskSpec spec, const DatasetCatalog& catalog,
                                                   const TaskSettings& settings);

}  // namespace flm
