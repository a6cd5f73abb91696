#include "reports/html/compare/forest_scales.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "reports/figures/shares.h"

namespace flm {
namespace {

std::string unit_of(const MetricComparison& metric) {
  if (is_share(metric)) return "share";
  return metric.metric.starts_with("bpb") ? "bits per byte" : metric.metric;
}

Scale scale_of(const ForestLines& lines) {
  double far = 0;
  for (const auto& [row, metric] : lines)
    for (std::optional<double> value : {metric->difference, metric->low, metric->high})
      if (value && std::isfinite(*value)) far = std::max(far, std::fabs(*value));
  return scale_over(-far, far);
}

}  // namespace

std::vector<ForestGroup> forest_groups(const ForestLines& lines) {
  std::vector<ForestGroup> out;
  for (const auto& line : lines) {
    const std::string unit = unit_of(*line.second);
    const bool up = line.second->higher_is_better;
    auto group = std::find_if(out.begin(), out.end(), [&](const ForestGroup& one) {
      return one.unit == unit && one.higher_is_better == up;
    });
    if (group == out.end()) group = out.insert(out.end(), ForestGroup{unit, up, {}, {}});
    group->lines.push_back(line);
  }
  for (ForestGroup& group : out) group.scale = scale_of(group.lines);
  return out;
}

std::string axis_text(const ForestGroup& group, const std::string& b) {
  return group.unit + ": " + b + " is better to the " + (group.higher_is_better ? "right" : "left");
}

}  // namespace flm
