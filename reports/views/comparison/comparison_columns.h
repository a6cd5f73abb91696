// The columns in which the views show the figures of a comparison.
#pragma once

#include <cstddef>
#include <string>

#include "reports/comparison.h"
#include "reports/views/comparison/comparison_table.h"
#include "reports/views/text_table.h"

namespace flm {

inline constexpr const char *kMetricColumn = "Metric", *kDetectsColumn = "detects";

enum class VerdictWords { kShort, kFull };  // "no diff." or "no difference seen"

/// Letter, name, model, date, weights and numerics of the runs.
TextTable run_columns(const Comparison& comparison);

/// One contrast in full: a line each of `table` that it has.
TextTable contrast_columns(const Comparison& comparison, const ComparedTable& table,
                           std::size_t contrast, bool raw, VerdictWords words);

/// Three and more runs: the differences of contrasts [first, end) from the reference side by side.
TextTable difference_columns(const Comparison& comparison, const ComparedTable& table,
                             std::size_t first, std::size_t end);

/// Every two runs of a row: the difference (column less row), p and the mark.
TextTable pair_matrix(const Comparison& comparison, const ManyRuns& many);

/// The same, a line each, for narrow terminals.
TextTable pair_list(const Comparison& comparison, const ManyRuns& many);

}  // namespace flm
