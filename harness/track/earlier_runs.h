// What the store has of a checkpoint that is to be scored: a finished run, one to go on with, one
// that another process computes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/store/store.h"

namespace flm {

struct EarlierRuns {
  std::optional<RunRecord> done;
  std::optional<RunRecord> elsewhere;    // another process computes it
  std::optional<RunRecord> interrupted;  // nobody does
  std::vector<std::string> left_behind;  // ids of those that this process began before it was
                                         // started anew (harness/process/bus_error)
};

/// The runs of the store that have the name and the figures of `record`.
EarlierRuns earlier_runs(Store& store, const RunRecord& record);

/// Puts `record` into the store, unless what is there is not `seen` any more: of two processes at
/// one moment the second finds out.
bool claim_unless_changed(Store& store, const RunRecord& record, const EarlierRuns& seen);

/// Whether a process that lives, as far as can be seen from here, computes the run of this id.
bool is_computed(Store& store, const std::string& id);

}  // namespace flm
