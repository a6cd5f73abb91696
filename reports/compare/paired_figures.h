// The figures of one metric over paired items: B - A, its interval, its test.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reports/comparison.h"
#include "reports/statistics/aggregate.h"

namespace flm {

/// A metric's values of the items in common that have one in both runs.
struct PairedValues {
  std::string aggregation;
  bool higher_is_better = true;
  ItemValues a, b;                    // [items]
  std::vector<std::string> clusters;  // [items]; "" = none
  std::int64_t unscored = 0;          // items in common that lack a value in one of the runs
};

/// Among items with clusters, one without is a cluster of its own.
void name_single_items(std::vector<std::string>& clusters);

/// Appends the items of another task of a group.
void append(PairedValues& to, const PairedValues& values);

/// Zeros and ones: mid-p McNemar and Newcombe's paired interval. Means of other values: sign flips
/// and t. Ratios of sums (bits per byte, perplexities): the ratio estimator, by the delta method
/// where it is exponentiated. Where the task has clusters: t over them. Anything else: a paired
/// bootstrap, which draws the same items for both. Above 1% of unscored items there is no figure.
void fill_figures(MetricComparison& out, const PairedValues& values);

/// How such a figure's test is called.
inline constexpr const char* kMeanOverTasks = "normal, mean over tasks";

/// The unweighted mean over tasks: their differences are independent, what lies between tasks is no
/// error.
void fill_macro_figures(MetricComparison& out, const std::vector<const MetricComparison*>& tasks);

/// The outcome of a raw or adjusted p at 0.05.
Outcome outcome_of(const MetricComparison& metric, std::optional<double> p);

}  // namespace flm
