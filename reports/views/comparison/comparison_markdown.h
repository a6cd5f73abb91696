// A comparison as Markdown for a merge request: the table, then the flips, folded.
#pragma once

#include <string>

#include "reports/comparison.h"
#include "reports/views/comparison/comparison_view.h"

namespace flm {

std::string render_comparison_markdown(const Comparison& comparison, const ComparisonView& view);

}  // namespace flm
