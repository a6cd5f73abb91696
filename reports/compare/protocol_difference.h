// Whether two runs asked a task in the same way, and the first leaf of the protocol that differs:
// the cause, not its symptom. What the hashes of the items prove needs no equal configuration; what
// no hash can prove (version, filters, metrics and their arguments) is compared there.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/compare/logs/logged_run.h"
#include "reports/compare/pairing.h"

namespace flm {

struct TaskInRun {
  const LoggedRun& run;
  const LoggedTask& task;
};

/// Why the task as a whole cannot be compared; null where it can.
std::optional<ProtocolDifference> task_difference(const TaskInRun& a, const TaskInRun& b,
                                                  const Pairing& pairing);

/// Why one metric cannot; null where it can.
std::optional<ProtocolDifference> metric_difference(const LoggedTask& a, const LoggedMetric& of_a,
                                                    const LoggedTask& b, const LoggedMetric& of_b);

/// What else a reader should know of the task: other data, another order, a limit, repeats.
std::vector<std::string> task_notes(const TaskInRun& a, const TaskInRun& b, const Pairing& pairing);

/// What stands above the figures where all runs had the same --limit, which no pairing shows; ""
/// otherwise, and where no task has as many documents.
std::string limit_warning(const std::vector<LoggedRun>& runs);

/// What differs between the runs and is no obstacle: model, tokenizer, numerics, seeds without a
/// trace.
std::vector<std::string> run_notes(const LoggedRun& a, const LoggedRun& b);

}  // namespace flm
