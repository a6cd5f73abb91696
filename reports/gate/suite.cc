#include "reports/gate/suite.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "reports/statistics/differences/sign_flip.h"
#include "reports/statistics/differences/suite_difference.h"
#include "reports/statistics/distributions.h"

namespace flm {
namespace {

/// Whether the figures are means of the values of independent items, each of which has one.
bool is_mean_of_independent_items(const MetricComparison& metric) {
  return metric.mean_of_items && metric.clusters == 0 && metric.unscored.empty() &&
         !metric.values_a.empty() && metric.values_a.size() == metric.values_b.size();
}

std::vector<TaskDifferences> item_differences(const std::vector<const MetricComparison*>& metrics) {
  std::vector<TaskDifferences> out;
  for (const MetricComparison* metric : metrics) {
    TaskDifferences task{metric->values_b};
    for (std::size_t i = 0; i < task.values.size(); ++i) task.values[i] -= metric->values_a[i];
    out.push_back(std::move(task));
  }
  return out;
}

MeanError part_of(const MetricComparison& metric) {
  return task_part(*metric.difference, metric.n, metric.stderr_value, metric.df);
}

/// Figures from the tasks' own: works for any metric.
void add_up(const std::vector<const MetricComparison*>& metrics, SuiteEvidence& out) {
  std::vector<MeanError> parts;
  for (const MetricComparison* metric : metrics) {
    out.items += metric->n;
    out.a += metric->a.value_or(NAN);
    out.b += metric->b.value_or(NAN);
    parts.push_back(part_of(*metric));
  }
  for (double* figure : {&out.a, &out.b}) *figure /= static_cast<double>(metrics.size());
  const MeanError mean = mean_over_tasks(parts);
  out.difference = mean.mean;
  out.stderr_value = mean.stderr_value;
  out.df = mean.df;
}

double p_of_t(const SuiteEvidence& suite) {
  if (suite.stderr_value == 0) return 1;  // nothing differs
  const double t = suite.difference / suite.stderr_value;
  return std::isfinite(suite.df) ? student_t_two_sided_p(t, suite.df)
                                 : 2 * normal_tail(std::fabs(t));
}

}  // namespace

std::vector<std::string> suite_tasks(const std::vector<std::string>& suite,
                                     const Contrast& contrast) {
  if (suite.size() != 1) return suite;
  const auto group =
      std::find_if(contrast.rows.begin(), contrast.rows.end(),
                   [&](const ComparisonRow& row) { return row.is_group && row.name == suite[0]; });
  if (group == contrast.rows.end()) return suite;
  std::vector<std::string> out;
  std::set<std::string> met;  // a task counts once, in however many groups it stands
  for (auto row = group + 1; row != contrast.rows.end() && row->depth > group->depth; ++row)
    if (!row->is_group && met.insert(row->name).second) out.push_back(row->name);
  return out.empty() ? suite : out;
}

SuiteEvidence suite_evidence(const std::vector<const MetricComparison*>& metrics) {
  SuiteEvidence out;
  for (const MetricComparison* metric : metrics) {
    if (metric->higher_is_better != metrics[0]->higher_is_better)
      out.obstacle = "a suite cannot mix metrics that point different ways: " + metrics[0]->metric +
                     ", " + metric->metric;
    if (std::isnan(part_of(*metric).stderr_value))
      out.obstacle = metric->n == 1 ? "the difference of a task (one item) has no error"
                                    : "a task's difference has no standard error";
  }
  if (!out.obstacle.empty()) return out;
  add_up(metrics, out);
  const bool pooled = std::all_of(
      metrics.begin(), metrics.end(),
      [](const MetricComparison* metric) { return is_mean_of_independent_items(*metric); });
  out.p = pooled ? macro_difference(item_differences(metrics)).p : p_of_t(out);
  if (pooled) out.least_p = least_sign_flip_p(out.items);
  return out;
}

}  // namespace flm
