// A comparison as a LaTeX table (booktabs) for papers.
#pragma once

#include <string>

#include "reports/comparison.h"
#include "reports/views/comparison/comparison_view.h"

namespace flm {

std::string render_comparison_latex(const Comparison& comparison, const ComparisonView& view);

}  // namespace flm
