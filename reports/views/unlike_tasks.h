// Tasks of one name that were not the same in several runs.
#pragma once

#include <string>
#include <vector>

#include "reports/report.h"

namespace flm {

/// "shots (0, 5) of arc_easy, hellaswag", "prompts of gsm8k": by what differs first (shots, task
/// file, documents, data, prompts), with the values where a person can read them in the order of
/// the runs. Empty where each task is the same in all runs that have it, as far as the records say.
std::vector<std::string> unlike_tasks(const std::vector<Report>& reports);

}  // namespace flm
