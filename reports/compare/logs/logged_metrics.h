// What the metrics of a logged task are: aggregation, direction, filter, and the value reported.
#pragma once

#include <string>

#include "reports/compare/logs/logged_run.h"

namespace flm {

/// From the task's own config, `directions` ({metric: higher is better}) and the results' `entry`
/// ({"metric,filter": value}), in the order of the task file: its first metric is the one that is
/// judged.
void define_metrics(LoggedTask& task, const Json& directions, const Json& entry);

/// A metric as a task file calls it: ours name one with its protocol, bpb@ctx2048/..., the file
/// bpb.
std::string name_in_task_file(const std::string& metric);

/// An aggregation that nobody names (a function of the task's own) is the mean where it gives the
/// mean.
void recognise_means(LoggedTask& task);

/// The value of the results file is that of the samples, or the task's notes say so; `name` is the
/// folder's.
void check_reported(LoggedTask& task, const std::string& name);

}  // namespace flm
