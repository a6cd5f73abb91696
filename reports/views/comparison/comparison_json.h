// A comparison as one JSON document.
#pragma once

#include <string>

#include "reports/comparison.h"
#include "reports/views/comparison/comparison_view.h"

namespace flm {

/// {"runs", "tasks": one entry a task and run against the reference, "groups": the same of groups,
/// "many", "tests", "notes"}; two-space indented, figures in full. Flips are not in it: the samples
/// are.
std::string render_comparison_json(const Comparison& comparison, const ComparisonView& view = {});

}  // namespace flm
