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

/// Whether a task of its output type gives this metric; UserError otherwise.
void check_metric(const MetricSpec& metric, const TaskSpec& task);

/// What an output type is measured by where a file has no metric_list.
std::vector<MetricSpec> default_metrics(const std::string& output_type);

}  // namespace flm
