// SERIES@STEP: the run of a point of a tracked series.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/store/record.h"

namespace flm {

struct SeriesStep {
  std::string series;
  std::int64_t step = 0;
};

/// Nothing where no whole number stands behind the last @.
std::optional<SeriesStep> parse_series_step(const std::string& selector);

/// The run of the step: of several checkpoints the one whose files were written last, of its runs
/// the newest. Null where the step has none. `runs` are the store's, newest first.
const RunRecord* run_of_step(std::int64_t step, const std::vector<PointRecord>& points,
                             const std::vector<RunRecord>& runs);

/// Why there is none, and the steps that have one: those nearest to it.
std::string no_run_of_step(const SeriesStep& asked, const std::vector<PointRecord>& points);

}  // namespace flm
