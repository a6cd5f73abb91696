#include "reports/compare/paired_figures.h"

#include <algorithm>
#include <cmath>

#include "reports/statistics/aggregates/aggregations.h"
#include "reports/statistics/aggregates/bootstrap.h"
#include "reports/statistics/aggregates/estimate_interval.h"
#include "reports/statistics/differences/paired_binary.h"
#include "reports/statistics/differences/paired_change.h"
#include "reports/statistics/differences/paired_real.h"
#include "reports/statistics/differences/power.h"
#include "reports/statistics/differences/sign_flip.h"
#include "reports/statistics/distributions.h"
#include "reports/statistics/finite.h"
#include "reports/statistics/interval.h"

namespace flm {
namespace {

constexpr int kReplicates = 1000;  // of a paired bootstrap
constexpr double kSignificant = 0.05;
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

/// The normal interval and test around the difference.
void put_normal(MetricComparison& out, double error) {
  out.stderr_value = error;
  out.low = *out.difference - kNormal95 * error;
  out.high = *out.difference + kNormal95 * error;
  if (error > 0)
    out.p = 2 * normal_tail(std::fabs(*out.difference / error));
  else
    out.reason = kNoSpread;
}

std::vector<double> differences(const PairedValues& values) {
  std::vector<double> out;
  for (std::size_t i = 0; i < values.a.size(); ++i) out.push_back(values.b[i][0] - values.a[i][0]);
  return out;
}

void compare_binary(MetricComparison& out, const PairedValues& values) {
  const PairedCounts counts = paired_counts(values.a, values.b);
  out.only_a = counts.only_a;
  out.only_b = counts.only_b;
  const PairedMean mean = paired_mean(differences(values), values.clusters);
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
  if (all_zeros_and_ones(values.a) && all_zeros_and_ones(values.b))
    return compare_binary(out, values);
  const std::vector<double> d = differences(values);
  put(out, paired_mean(d, values.clusters));
  out.interval = out.clusters > 0 ? "t over clusters" : "t, paired";
  if (out.clusters > 0) {
    out.test = "t over " + std::to_string(out.clusters) + " clusters";
    return;
  }
  out.p = sign_flip_p(d);
  out.least_p = least_sign_flip_p(out.n);
  out.reason.clear();
  out.test = "sign flips";
}

ReplicateStatistic statistic_of(const Aggregation& aggregation, const ItemValues& items) {
  if (aggregation.replicate) return aggregation.replicate(items);
  return [&aggregation, &items](std::span<const std::uint32_t> drawn) {
    ItemValues some;
    for (const std::uint32_t i : drawn) some.push_back(items[i]);
    return aggregation.value(some);
  };
}

void compare_by_bootstrap(MetricComparison& out, const PairedValues& values,
                          const Aggregation& aggregation) {
  const ReplicateStatistic a = statistic_of(aggregation, values.a),
                           b = statistic_of(aggregation, values.b);
  const double error = bootstrap_stderr(
      values.a.size(), [&](std::span<const std::uint32_t> drawn) { return b(drawn) - a(drawn); },
      kReplicates);
  if (!std::isfinite(error)) {
    out.reason = "no error of " + values.aggregation + " over these items";
    return;
  }
  put_normal(out, error);
  out.test = "paired bootstrap";
  out.interval = "normal, bootstrapped error";
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

/// What a gate's limit asks of the value alone.
void fill_interval_of_b(MetricComparison& out, const PairedValues& values) {
  const auto error = is_bootstrapped(values.aggregation)
                         ? aggregate_stderr(values.aggregation, values.b, kReplicates)
                         : std::nullopt;
  const auto interval = aggregate_interval(values.aggregation, values.b, values.clusters, error);
  if (!interval) return;
  out.low_b = interval->low;
  out.high_b = interval->high;
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
    compare_by_bootstrap(out, values, *aggregation);
  }
  fill_interval_of_b(out, values);
  // A run against itself: no item moved, whatever the test.
  if (values.a == values.b) {
    out.p = 1;
    if (out.reason == kNoSpread) out.reason.clear();
  }
}

void fill_macro_figures(MetricComparison& out, const std::vector<const MetricComparison*>& tasks) {
  double a = 0, b = 0, variance = 0, by_df = 0;
  bool errors = true;
  for (const MetricComparison* task : tasks) {
    out.n += task->n;
    a += *task->a;
    b += *task->b;
    errors = errors && task->stderr_value.has_value();
    const double own = task->stderr_value.value_or(0) * task->stderr_value.value_or(0);
    variance += own;
    if (task->df) by_df += own * own / *task->df;
  }
  const double count = static_cast<double>(tasks.size());
  out.a = a / count;
  out.b = b / count;
  out.difference = *out.b - *out.a;
  if (!errors) {
    out.reason = "the difference of a task (one item) has no error";
    return;
  }
  const double error = std::sqrt(variance) / count;
  if (by_df > 0) {  // Satterthwaite's degrees of freedom
    put(out, with_student_t(*out.difference, error, variance * variance / by_df, 0));
  } else {
    put_normal(out, error);
  }
  out.test = out.interval = std::string(by_df > 0 ? "t" : "normal") + kMeanOverTasks;
}

bool is_mean_over_tasks(const MetricComparison& metric) {
  return metric.test.ends_with(kMeanOverTasks);
}

std::optional<double> detectable_difference(const MetricComparison& metric, std::int64_t tests) {
  if (!metric.p || !metric.stderr_value) return std::nullopt;
  const TestPlan plan{kSignificant / static_cast<double>(tests)};
  if (metric.only_a && metric.only_b && metric.clusters == 0)
    return detectable_binary(
        metric.n,
        static_cast<double>(*metric.only_a + *metric.only_b) / static_cast<double>(metric.n), plan);
  if (2 * metric.least_p > plan.alpha) return std::nullopt;
  return detectable_real(*metric.stderr_value, metric.df.value_or(kUnbounded), plan);
}

Outcome outcome_of(const MetricComparison& metric, std::optional<double> p) {
  if (!p || !metric.difference) return Outcome::kNotTested;
  if (*p >= kSignificant || *metric.difference == 0) return Outcome::kNoDifference;
  return (*metric.difference > 0) == metric.higher_is_better ? Outcome::kBetter : Outcome::kWorse;
}

}  // namespace flm
