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

double reach_of(const Rule& rule, const TestPlan& plan, double error) {
  const double reach = detectable_real(error, plan);
  if (rule.kind != RuleKind::kNoDrop) return reach;
  return std::max(reach, rule.max_worse + normal_quantile(plan.power) * error);
}

}  // namespace flm
