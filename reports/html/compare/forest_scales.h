// Which lines of a forest plot share an axis: values of one unit alone can be compared by eye.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "reports/comparison.h"
#include "reports/html/svg.h"

namespace flm {

using ForestLines = std::vector<std::pair<const ComparisonRow*, const MetricComparison*>>;

/// Lines of one unit that point the same way. What is_share is one unit; a metric that is none has
/// an axis of its own: that is never wrong.
struct ForestGroup {
  std::string unit;  // "share", "bits per byte", or the metric's name
  bool higher_is_better = true;
  ForestLines lines;
  Scale scale;  // of all their intervals, zero in its middle
};

/// In the order in which the units come first.
std::vector<ForestGroup> forest_groups(const ForestLines& lines);

/// "share: B is better to the right".
std::string axis_text(const ForestGroup& group, const std::string& b);

}  // namespace flm
