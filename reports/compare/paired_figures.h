// The figures of one metric over paired items: B - A, its interval, its test.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reports/compare/logs/logged_run.h"
#include "reports/comparison.h"
#include "reports/statistics/aggregates/aggregate.h"

namespace flm {

/// A metric's values of the items in common that have one in both runs.
struct PairedValues {
  std::string aggregation;
  bool higher_is_better = true;
  ItemValues a, b;                    // [items]
  std::vector<std::string> clusters;  // [items]; "" = none
  std::int64_t unscored = 0;          // items in common that lack a value in one of the runs
  std::string first_problem = {};     // why the first of these has none; "" where nothing says it
  std::vector<Digest> items = {};     // [items] what they are, by which they are ordered; or empty
};

/// Among items with clusters, one without is a cluster of its own.
void name_single_items(std::vector<std::string>& clusters);

/// Appends the items of another task of a group.
void append(PairedValues& to, const PairedValues& values);

/// Zeros and ones: mid-p McNemar and Newcombe's paired interval. Means of other values: sign flips
/// and t. Ratios of sums (bits per byte, perplexities): the ratio estimator, by the delta method
/// where it is exponentiated. Where the task has clusters: t over them. Anything else: exchanges of
/// the two answers to an item, and t around the error of a paired bootstrap, which draws the same
/// items for both; where no replicate gives another difference, no interval. Above 1%
/// of unscored items there is no figure.
void fill_figures(MetricComparison& out, const PairedValues& values);

/// The mean over tasks: their differences are independent, what lies between tasks is no
/// error (task_part says which error each has). Student's t with Satterthwaite's degrees of
/// freedom. `weights`: [tasks], all alike where empty.
void fill_macro_figures(MetricComparison& out, const std::vector<const MetricComparison*>& tasks,
                        const std::vector<double>& weights = {});

/// The 95% interval of B's mean over tasks, as a report gives a group's (estimate_interval): it
/// stands where the difference has no error, too. `values`: [tasks], what their figures are made
/// of.
void fill_macro_interval_of_b(MetricComparison& out,
                              const std::vector<const MetricComparison*>& tasks,
                              const std::vector<const PairedValues*>& values,
                              const std::vector<double>& weights);

/// Whether a figure is a mean over tasks.
bool is_mean_over_tasks(const MetricComparison& metric);

/// The smallest true difference that would be seen in 8 of 10 such runs, were it the only one among
/// `tests` whose p are adjusted together: it must then be below 0.05 / tests. Null where the items
/// are too few to tell, or their differences do not vary.
std::optional<double> detectable_difference(const MetricComparison& metric, std::int64_t tests);

/// The outcome of a raw or adjusted p at 0.05.
Outcome outcome_of(const MetricComparison& metric, std::optional<double> p);

}  // namespace flm
