#include "reports/gate/sight.h"

#include <algorithm>

#include "reports/statistics/distributions.h"

namespace flm {

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
  return out;
}

std::optional<double> reach_of(const Rule& rule, const TestPlan& plan, const TestedError& error) {
  if (2 * error.least_p > plan.alpha) return std::nullopt;
  const double reach = detectable_real(error.stderr_value, error.df, plan);
  if (rule.kind != RuleKind::kNoDrop) return reach;
  return std::max(reach, rule.max_worse + normal_quantile(plan.power) * error.stderr_value);
}

}  // namespace flm
