// Why a rule has nothing to judge: a comparison shows what can be compared, a gate judges what was
// asked, all of it. "" = there is something.
#pragma once

#include <string>

#include "reports/comparison.h"
#include "reports/gate/policy.h"

namespace flm {

/// Of a row: not comparable, too few items in common, too many flagged or failed.
std::string row_obstacle(const Policy& policy, const ComparisonRow& row);

/// Of one of its metrics: not comparable, no figures.
std::string metric_obstacle(const Rule& rule, const MetricComparison& metric);

/// Of a group without figures: the first task below it that cannot be compared.
std::string group_obstacle(const ComparisonRow& row, const Contrast& contrast);

/// Of what lies below it: a task of the group is not comparable or lacks the metric, or the metric
/// that a rule without one means, the task file's first, is not comparable.
std::string part_obstacle(const Rule& rule, const ComparisonRow& row,
                          const MetricComparison& metric, const Contrast& contrast);

}  // namespace flm
