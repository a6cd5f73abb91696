#include "reports/gate/sight.h"

#include <algorithm>

#include "reports/statistics/distributions.h"

namespace flm {
namespace {

/// The difference that is significant in as many runs as the plan asks for.
std::optional<double> smallest_seen(const TestPlan& plan, const TestedError& error) {
  if (error.flips && error.flips->flips < kFewFlips)
    return detectable_flips(error.flips->items, error.flips->flips, plan);
  if (2 * error.least_p > plan.alpha) return std::nullopt;
  return detectable_real(error.stderr_value, error.df, plan);
}

}  // namespace

TestPlan plan_of(const Rule& rule, double alpha, std::int64_t tests) {
  const bool shared = rule.kind == RuleKind::kNoDrop && rule.level == RuleLevel::kBlocking;
  TestPlan plan;
  plan.alpha = 2 * alpha / (shared ? static_cast<double>(std::max<std::int64_t>(1, tests)) : 1);
  return plan;
}

std::optional<TestedError> error_of(const MetricComparison& metric) {
  if (!metric.stderr_value) return std::nullopt;
  TestedError out{*metric.stderr_value};
  if (metric.df) out.df = *metric.df;
  out.least_p = metric.least_p;
  if (metric.only_a && metric.only_b && metric.clusters == 0)
    out.flips = Flips{metric.n, *metric.only_a + *metric.only_b};
  return out;
}

std::optional<double> reach_of(const Rule& rule, const TestPlan& plan, const TestedError& error) {
  const std::optional<double> reach = smallest_seen(plan, error);
  if (!reach || rule.kind != RuleKind::kNoDrop) return reach;
  return std::max(*reach, rule.max_worse + normal_quantile(plan.power) * error.stderr_value);
}

}  // namespace flm
