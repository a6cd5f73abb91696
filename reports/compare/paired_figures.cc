#include "reports/compare/paired_figures.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "reports/statistics/aggregates/aggregations.h"
#include "reports/statistics/aggregates/bootstrap.h"
#include "reports/statistics/aggregates/estimate_interval.h"
#include "reports/statistics/differences/exchange.h"
#include "reports/statistics/differences/paired_binary.h"
#include "reports/statistics/differences/paired_change.h"
#include "reports/statistics/differences/paired_real.h"
#include "reports/statistics/differences/power.h"
#include "reports/statistics/differences/sign_flip.h"
#include "reports/statistics/differences/suite_difference.h"
#include "reports/statistics/distributions.h"
#include "reports/statistics/finite.h"
#include "reports/statistics/interval.h"
#include "reports/statistics/rounding.h"

namespace flm {
namespace {

constexpr int kReplicates = 1000;  // of a paired bootstrap
constexpr double kSignificant = 0.05;
constexpr double kLastBits = 8 * std::numeric_limits<double>::epsilon();
constexpr const char* kMeanOverTasks = ", mean over tasks";
constexpr const char* kNoSpread = "the items' differences do not vary: nothing can be tested";

bool clustered(const std::vector<std::string>& clusters) {
  return std::any_of(clusters.begin(), clusters.end(),
                     [](const std::string& c) { return !c.empty(); });
}

void put(MetricComparison& out, const PairedMean& mean) {
  out.stderr_value = finite(mean.stderr_value);
  if (out.stderr_value) out.df = mean.df;
  out.low = finite(mean.low);
  out.high = finite(mean.high);
  out.p = finite(mean.p);
  out.clusters = mean.clusters;
  if (!out.p) out.reason = kNoSpread;
}

/// Two programs that round one value differently differ in its last bits, which is no difference.
std::vector<double> differences(const PairedValues& values) {
  std::vector<double> out;
  for (std::size_t i = 0; i < values.a.size(); ++i) {
    const double a = values.a[i][0], b = values.b[i][0];
    const double rounding = kLastBits * std::max(std::fabs(a), std::fabs(b));
    out.push_back(std::fabs(b - a) <= rounding ? 0 : b - a);
  }
  return out;
}

PairedMean mean_of_differences(const PairedValues& values) {
  const MeanError of = paired_mean_change(values.a, values.b, values.clusters);
  return with_student_t(of.mean, of.stderr_value, of.df, of.clusters);
}

void compare_binary(MetricComparison& out, const PairedValues& values) {
  const PairedCounts counts = paired_counts(values.a, values.b);
  const bool up = out.higher_is_better;  // else a one is a wrong answer
  out.only_a = up ? counts.only_a : counts.only_b;
  out.only_b = up ? counts.only_b : counts.only_a;
  const PairedMean mean = mean_of_differences(values);
  if (mean.clusters > 0) {
    put(out, mean);
    out.test = "t over " + std::to_string(mean.clusters) + " clusters";
    out.interval = "t over clusters";
    return;
  }
  const Interval interval = newcombe_paired(counts);
  out.low = interval.low;
  out.high = interval.high;
  out.stderr_value = paired_binary_stderr(counts);
  out.p = mcnemar_mid_p(counts);
  out.test = "mid-p McNemar";
  out.interval = "Newcombe, paired";
}

void compare_means(MetricComparison& out, const PairedValues& values) {
  out.mean_of_items = true;
  if (all_zeros_and_ones(values.a) && all_zeros_and_ones(values.b))
    return compare_binary(out, values);
  put(out, mean_of_differences(values));
  out.interval = out.clusters > 0 ? "t over clusters" : "t, paired";
  if (out.clusters > 0) {
    out.test = "t over " + std::to_string(out.clusters) + " clusters";
    return;
  }
  out.p = sign_flip_p(differences(values));
  out.least_p = least_sign_flip_p(out.n);
  out.reason.clear();
  out.test = "sign flips";
}

/// In an order that no order of lines changes.
ItemValues in_order(const PairedValues& values, const ItemValues& of_run) {
  if (values.items.empty()) return of_run;
  std::vector<std::size_t> order(of_run.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t x, std::size_t y) { return values.items[x] < values.items[y]; });
  ItemValues out;
  for (const std::size_t i : order) out.push_back(of_run[i]);
  return out;
}

/// Of B's value less A's over the items that each replicate draws of both, as for the items that
/// they are drawn from: these vary by n / (n - 1) as much.
double paired_bootstrap_stderr(const ReplicateStatistic& statistic, std::size_t items) {
  const double error = bootstrap_stderr(
      items,
      [&](std::span<const std::uint32_t> drawn) {
        std::vector<std::uint32_t> of_b(drawn.begin(), drawn.end());
        for (std::uint32_t& i : of_b) i += static_cast<std::uint32_t>(items);
        return statistic(of_b) - statistic(drawn);
      },
      kReplicates);
  return error * std::sqrt(static_cast<double>(items) / static_cast<double>(items - 1));
}

void compare_by_exchange(MetricComparison& out, const PairedValues& values,
                         const Aggregation& aggregation) {
  ItemValues pooled = in_order(values, values.a);
  const ItemValues of_b = in_order(values, values.b);
  pooled.insert(pooled.end(), of_b.begin(), of_b.end());
  const ReplicateStatistic statistic = aggregation.replicate(pooled);
  const double error = beyond_rounding(paired_bootstrap_stderr(statistic, of_b.size()),
                                       std::max(std::fabs(*out.a), std::fabs(*out.b)), of_b.size());
  // Replicates that all give one difference say nothing of its error. Where no item moved it is 0,
  // as of right and wrong answers, but without an interval: other items may tell the models apart.
  if (error > 0)
    put(out, with_student_t(*out.difference, error, static_cast<double>(out.n - 1), 0));
  else if (values.a == values.b)
    out.stderr_value = 0;
  out.reason.clear();
  const ExchangeTest test = exchange_test(pooled, statistic);
  out.p = test.p;
  out.least_p = test.least_p;
  out.test = "exchanged answers";
  if (out.low) out.interval = "t, bootstrapped error";
}

bool fits(const Aggregation& aggregation, const PairedValues& values) {
  for (const ItemValues* items : {&values.a, &values.b})
    for (const std::vector<double>& item : *items)
      if (item.size() < aggregation.numbers ||
          (aggregation.same_width && item.size() != items->front().size()))
        return false;
  return true;
}

std::string why_no_figure(const PairedValues& values, const Aggregation* aggregation) {
  const auto all = static_cast<std::int64_t>(values.a.size()) + values.unscored;
  if (100 * values.unscored > all)
    return std::to_string(values.unscored) + " of " + std::to_string(all) +
           " items in common have no value in one of the runs (more than 1%)" +
           (values.first_problem.empty() ? "" : "; the first: " + values.first_problem);
  if (values.a.empty()) return "no values";
  if (!aggregation)
    return values.aggregation.empty() ? "how it is made of the items is not recorded"
                                      : "the aggregation is not known: " + values.aggregation;
  return fits(*aggregation, values) ? "" : "values that " + aggregation->name + " cannot take";
}

void put_interval_of_b(MetricComparison& out, const std::optional<NamedInterval>& interval) {
  if (!interval) return;
  out.low_b = interval->low;
  out.high_b = interval->high;
}

/// Of B's value, where it is bootstrapped.
std::optional<double> error_of_b(const PairedValues& values) {
  if (!is_bootstrapped(values.aggregation)) return std::nullopt;
  return aggregate_stderr(values.aggregation, in_order(values, values.b), kReplicates);
}

/// What a gate's limit asks of the value alone.
void fill_interval_of_b(MetricComparison& out, const PairedValues& values) {
  put_interval_of_b(
      out, aggregate_interval(values.aggregation, values.b, values.clusters, error_of_b(values)));
}

}  // namespace

void name_single_items(std::vector<std::string>& clusters) {
  if (!clustered(clusters)) return;
  for (std::size_t i = 0; i < clusters.size(); ++i)
    if (clusters[i].empty()) clusters[i] = "item " + std::to_string(i);
}

void append(PairedValues& to, const PairedValues& values) {
  to.a.insert(to.a.end(), values.a.begin(), values.a.end());
  to.b.insert(to.b.end(), values.b.begin(), values.b.end());
  to.clusters.insert(to.clusters.end(), values.clusters.begin(), values.clusters.end());
  to.items.insert(to.items.end(), values.items.begin(), values.items.end());
  to.unscored += values.unscored;
}

void fill_figures(MetricComparison& out, const PairedValues& values) {
  const Aggregation* aggregation = find_aggregation(values.aggregation);
  out.n = static_cast<std::int64_t>(values.a.size());
  out.higher_is_better = values.higher_is_better;
  out.reason = why_no_figure(values, aggregation);
  if (!out.reason.empty()) return;
  out.a = aggregate(values.aggregation, values.a);
  out.b = aggregate(values.aggregation, values.b);
  if (!out.a || !out.b) {
    out.reason = values.aggregation + " gives no finite number";
    return;
  }
  out.difference = *out.b - *out.a;
  if (aggregation->numbers == 0) return;  // bypass: nothing was scored
  if (values.aggregation == "mean") {
    compare_means(out, values);
  } else if (out.n < 2) {
    out.reason = "one item says nothing of an error";
  } else if (const auto ratio =
                 paired_ratio_change(values.aggregation, values.a, values.b, values.clusters)) {
    put(out, with_student_t(ratio->mean, ratio->stderr_value, ratio->df, ratio->clusters));
    out.test = "t of the ratio's difference";
    out.interval =
        is_exponentiated(values.aggregation) ? "ratio estimator, delta method" : "ratio estimator";
  } else {
    compare_by_exchange(out, values, *aggregation);
  }
  fill_interval_of_b(out, values);
  // A run against itself: no item moved, whatever the test.
  if (values.a == values.b) {
    out.p = 1;
    if (out.reason == kNoSpread) out.reason.clear();
  }
}

void fill_macro_figures(MetricComparison& out, const std::vector<const MetricComparison*>& tasks,
                        const std::vector<double>& weights) {
  double a = 0, b = 0, total = 0;
  std::vector<MeanError> parts;
  const MetricComparison* without_error = nullptr;
  for (std::size_t t = 0; t < tasks.size(); ++t) {
    const MetricComparison* task = tasks[t];
    const double weight = weights.empty() ? 1 : weights[t];
    out.n += task->n;
    a += weight * *task->a;
    b += weight * *task->b;
    total += weight;
    parts.push_back(task_part(*task->difference, task->n, task->stderr_value, task->df));
    if (std::isnan(parts.back().stderr_value) && !without_error) without_error = task;
  }
  out.a = a / total;
  out.b = b / total;
  out.difference = *out.b - *out.a;
  if (without_error) {
    out.reason = std::string("the difference of a task") +
                 (without_error->n == 1 ? " (one item)" : "") + " has no error";
    return;
  }
  const MeanError mean = mean_over_tasks(parts, weights);
  const double df = std::isfinite(mean.df) ? mean.df : 1;  // nothing varies
  put(out, with_student_t(*out.difference, mean.stderr_value, df, 0));
  out.test = out.interval = std::string("t") + kMeanOverTasks;
}

void fill_macro_interval_of_b(MetricComparison& out,
                              const std::vector<const MetricComparison*>& tasks,
                              const std::vector<const PairedValues*>& values,
                              const std::vector<double>& weights) {
  if (tasks.size() == 1) {
    out.low_b = tasks[0]->low_b, out.high_b = tasks[0]->high_b;
    return;
  }
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<EstimatePart> parts;
  for (std::size_t t = 0; t < tasks.size(); ++t) {
    parts.push_back(aggregate_part(values[t]->aggregation, *tasks[t]->b, values[t]->b,
                                   values[t]->clusters, error_of_b(*values[t])));
    parts.back().weight = weights[t] / total;
  }
  put_interval_of_b(out, estimate_interval(parts));
}

bool is_mean_over_tasks(const MetricComparison& metric) {
  return metric.test.ends_with(kMeanOverTasks);
}

std::optional<double> detectable_difference(const MetricComparison& metric, std::int64_t tests) {
  if (!metric.p || !metric.stderr_value) return std::nullopt;
  const TestPlan plan{kSignificant / static_cast<double>(tests)};
  if (metric.only_a && metric.only_b && metric.clusters == 0)
    return detectable_flips(metric.n, *metric.only_a + *metric.only_b, plan);
  if (2 * metric.least_p > plan.alpha || *metric.stderr_value == 0) return std::nullopt;
  return detectable_real(*metric.stderr_value, metric.df.value_or(kUnbounded), plan);
}

Outcome outcome_of(const MetricComparison& metric, std::optional<double> p) {
  if (!p || !metric.difference) return Outcome::kNotTested;
  if (*p >= kSignificant || *metric.difference == 0) return Outcome::kNoDifference;
  return (*metric.difference > 0) == metric.higher_is_better ? Outcome::kBetter : Outcome::kWorse;
}

}  // namespace flm
