// What is said of tasks and data that were asked for and are not here.
#pragma once

#include <map>
#include <string>

#include "datasets/dataset.h"
#include "tasks/selection/task_index.h"

namespace flm {

/// A UserError where a file of --include-path that cannot be read may be meant by `name`, a task's,
/// group's or tag's or a pattern of them: another task of the name would be scored in its place.
void refuse_broken(const std::string& name, const TaskIndex& index);

/// A UserError with the nearest name, or where lm-evaluation-harness has the task.
[[noreturn]] void refuse_unknown(const std::string& name, const TaskIndex& index,
                                 const std::string& include_path);

/// A UserError for a member of the group in `group_file`, with the places where it was looked for.
[[noreturn]] void refuse_unknown_member(const std::string& name, const std::string& group_file,
                                        const TaskIndex& index);

/// A UserError for all sets that are not there at once: whoever fetches one would only meet the
/// next. Nothing where none is missing. `data_root` "" is none.
void refuse_missing(const std::map<std::string, MissingDataset>& missing,
                    const std::string& data_root);

}  // namespace flm
