// What a reader needs to trust the figures of a report and to make them again.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/documents/json.h"
#include "reports/report.h"

namespace flm {

/// By name: command, date, time and rows, model and weights, numbers, data and what stands in place
/// of it, limit, hashes. What the record lacks (a run of an older program) is left out. UTF-8
/// without control characters.
std::vector<std::pair<std::string, std::string>> provenance(const Report& report);

/// "what 1 killed process took is not known"; "" where all is known. `cost` as in the run's record.
std::string cost_unknown(const Json& cost);

/// The command that makes the run's figures, as a shell reads it; "" where the record has none.
std::string command_of_run(const RunRecord& run);

}  // namespace flm
