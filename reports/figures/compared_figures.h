// The figures of a comparison as text, the same on every view.
#pragma once

#include <string>

#include "reports/comparison.h"

namespace flm {

/// One metric of a row in one contrast; "" where there is nothing to show.
struct ComparedFigures {
  const MetricComparison* metric = nullptr;  // null: not compared in this contrast
  std::string n, a, b, difference, interval, flips, raw_p, p;
  std::string detectable;  // where no difference was seen: what would have been, or N/A
  std::string mark;        // mark_of the outcome
  std::string verdict;     // "better", "worse", "no difference seen", "not tested"
};

/// Keeps a pointer to the metric. The error of the difference says how many digits its values have;
/// `detectable` is in points where it is_share, else in the metric's own unit.
ComparedFigures figures_of(const MetricComparison& metric);

/// ▲ better, ▼ worse, =; "" where nothing was tested.
std::string mark_of(Outcome outcome);

/// The difference of two of many runs: "+.0100", "N/A". No error is known that said its digits.
std::string pair_difference(const ManyRuns::Cell& cell, int decimals);

/// "+.0100, p .41 =".
std::string pair_text(const ManyRuns::Cell& cell, int decimals);

/// Digits of the row's difference in the table: those of its pairs, too.
int pair_decimals(const Comparison& comparison, const ManyRuns& many);

}  // namespace flm
