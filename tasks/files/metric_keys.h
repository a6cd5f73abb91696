// metric_list of a task file.
#pragma once

#include <string>
#include <vector>

#include "tasks/files/task_file.h"
#include "tasks/spec.h"

namespace flm {

/// An entry of metric_list. With process_results the names are the function's own. UserErrors
/// "FILE:line: ...".
MetricSpec read_metric(const TaskKey& key, const YamlNode& node, const TaskSpec& task);

/// Leaves out, with a note, what has no value for the task's output type where others have one, as
/// lm-evaluation-harness does in silence. UserError for a metric that is asked of generations in
/// vain, and where none has a value.
void keep_fitting_metrics(TaskSpec& task);

/// What an output type is measured by where a file has no metric_list.
std::vector<MetricSpec> default_metrics(const std::string& output_type);

}  // namespace flm
