// A comparison for spreadsheets: one line a metric of a row in a contrast, and one a pair of all
// runs. Nothing is folded.
#pragma once

#include <string>

#include "reports/comparison.h"
#include "reports/views/comparison/comparison_view.h"

namespace flm {

std::string render_comparison_csv(const Comparison& comparison, const ComparisonView& view);

}  // namespace flm
