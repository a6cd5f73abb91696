// Comparisons made by hand, with figures from reports/statistics and reports/compare.
#pragma once

#include <string>
#include <vector>

#include "reports/compare/paired_figures.h"
#include "reports/comparison.h"
#include "reports/statistics/differences/paired_binary.h"

namespace flm {

/// A task of right and wrong answers, accuracy as its main metric.
ComparisonRow binary_task(const std::string& name, const PairedCounts& counts,
                          bool with_values = true);

/// A task of real values, one metric that counts `higher_is_better` or not.
ComparisonRow real_task(const std::string& name, const std::string& metric, bool higher_is_better,
                        const std::vector<double>& a, const std::vector<double>& b);

/// A task whose figures are those that a comparison makes of the items' values.
ComparisonRow compared_task(const std::string& name, const PairedValues& values);

ComparisonRow not_comparable(const std::string& name);

Comparison comparison_of(std::vector<ComparisonRow> rows);

}  // namespace flm
