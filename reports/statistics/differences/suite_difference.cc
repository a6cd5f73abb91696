#include "reports/statistics/differences/suite_difference.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/errors.h"
#include "reports/statistics/differences/sign_flip.h"
#include "reports/statistics/interval.h"
#include "reports/statistics/sums.h"

namespace flm {
namespace {

/// Whole numbers with the ratios of 1 / items, so that differences of whole numbers stay whole and
/// the flips can be counted; plain 1 / items where they would be too large to be exact.
std::vector<double> macro_weights(const std::vector<TaskDifferences>& tasks) {
  constexpr std::int64_t most = std::int64_t{1} << 40;
  std::int64_t multiple = 1;
  for (const TaskDifferences& task : tasks)
    if (multiple <= most) multiple = std::lcm(multiple, std::ssize(task.values));
  std::vector<double> out;
  for (const TaskDifferences& task : tasks) {
    const std::int64_t n = std::ssize(task.values);
    out.push_back(multiple <= most ? static_cast<double>(multiple / n)
                                   : 1 / static_cast<double>(n));
  }
  return out;
}

/// Over the items of all tasks, each times its task's weight.
double pooled_p(const std::vector<TaskDifferences>& tasks, const std::vector<double>& weights,
                std::uint64_t seed) {
  std::vector<double> values;
  std::vector<std::string> clusters;
  for (std::size_t t = 0; t < tasks.size(); ++t) {
    const TaskDifferences& task = tasks[t];
    // An item of a task that is not clustered is a cluster of its own.
    const bool clustered = in_clusters(task.clusters);
    for (std::size_t i = 0; i < task.values.size(); ++i) {
      values.push_back(weights[t] * task.values[i]);
      const std::string own = clustered ? "c" + task.clusters[i] : "i" + std::to_string(i);
      clusters.push_back(std::to_string(t) + own);
    }
  }
  return sign_flip_p(values, clusters, seed);
}

/// sum of weight * figure, with the error of independent parts.
SuiteMean weighted(const std::vector<TaskDifferences>& tasks, const std::vector<double>& weights) {
  std::vector<double> values, variances;
  for (std::size_t t = 0; t < tasks.size(); ++t) {
    const PairedMean mean = paired_mean(tasks[t].values, tasks[t].clusters);
    values.push_back(weights[t] * mean.difference);
    variances.push_back(weights[t] * weights[t] * mean.stderr_value * mean.stderr_value);
  }
  // NaN has no place in an order.
  const bool known =
      std::none_of(variances.begin(), variances.end(), [](double v) { return std::isnan(v); });
  return {sorted_sum(values), known ? std::sqrt(sorted_sum(variances)) : NAN, 1};
}

}  // namespace

MeanError task_part(double difference, std::int64_t n, std::optional<double> stderr_value,
                    std::optional<double> df) {
  const double items = static_cast<double>(n);
  MeanError out{difference, stderr_value.value_or(NAN), df.value_or(items - 1)};
  if (!df) out.stderr_value *= n > 1 ? std::sqrt(items / (items - 1)) : NAN;
  if (out.stderr_value == 0) out.stderr_value = std::fabs(difference) / std::sqrt(out.df + 1);
  return out;
}

MeanError mean_over_tasks(const std::vector<MeanError>& parts, const std::vector<double>& weights) {
  MeanError out;
  double total = 0, variance = 0, by_df = 0;
  for (std::size_t t = 0; t < parts.size(); ++t) {
    const double weight = weights.empty() ? 1 : weights[t];
    const double error = weight * parts[t].stderr_value, own = error * error;
    total += weight;
    out.mean += weight * parts[t].mean;
    variance += own;
    if (own != 0) by_df += own * own / std::max(1.0, parts[t].df);
  }
  out.mean /= total;
  out.stderr_value = std::sqrt(variance) / total;
  out.df = by_df > 0 ? variance * variance / by_df : std::numeric_limits<double>::infinity();
  return out;
}

SuiteMean macro_difference(const std::vector<TaskDifferences>& tasks, std::uint64_t seed) {
  FLM_CHECK(!tasks.empty(), "a suite has tasks");
  const std::vector<double> equal(tasks.size(), 1.0);
  const double k = static_cast<double>(tasks.size());
  SuiteMean out = weighted(tasks, equal);
  out.difference /= k;
  out.stderr_value /= k;
  out.p = pooled_p(tasks, macro_weights(tasks), seed);
  return out;
}

}  // namespace flm
