// The parts of a run's record that the store keeps as JSON, with the types of what others read in
// them.
#pragma once

#include <vector>

#include "base/documents/json.h"
#include "reports/store/record.h"

namespace flm {

// Each an object, {} for "". UserError that names run and store where it is none, and where a key
// that flmeval reads has another type than it writes.

/// arguments, notes: lists of texts; folder: text; settings: object; data: {root: text, notes,
/// copies: lists of texts}.
Json options_part(const RunRecord& run);
/// config_hash, model_type: text; parameters: number.
Json engine_part(const RunRecord& run);
/// flmeval: text.
Json environment_part(const RunRecord& run);
/// seconds, seconds_expected: numbers; what is counted: whole numbers from 0.
Json cost_part(const RunRecord& run);

/// UserError where one of its texts is not UTF-8.
void check_run_texts(const RunRecord& run);

/// No group holds itself, and together they have no more rows than a report can show.
std::vector<GroupRecord> groups_part(const RunRecord& run);

}  // namespace flm
