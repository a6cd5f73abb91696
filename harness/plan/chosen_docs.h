// Which documents of a task are run: --limit and --samples.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/documents/json.h"
#include "harness/cli/options.h"
#include "tasks/task.h"

namespace flm {

/// UserError where `samples` names a task that was not selected.
void check_samples_known(const Json& samples, const TaskSelection& selection);

/// `samples` as read_samples (harness/requests/samples_file.h) gives it. Ids in the order of the
/// data, each once. UserError for one that the task does not have.
std::vector<std::int64_t> chosen_docs(const Task& task, const TaskFlags& flags,
                                      const Json& samples);

}  // namespace flm
