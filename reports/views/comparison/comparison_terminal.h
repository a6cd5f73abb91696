// A comparison as a table for people, without colour: signs and words carry it.
#pragma once

#include <string>

#include "reports/comparison.h"
#include "reports/views/comparison/comparison_view.h"

namespace flm {

std::string render_comparison_terminal(const Comparison& comparison, const ComparisonView& view);

}  // namespace flm
