#include "reports/statistics/power.h"

#include <cmath>

#include "base/errors.h"
#include "reports/statistics/distributions.h"

namespace flm {
namespace {

/// z of the test's two-sided bound and of the power, together.
double reach(const TestPlan& plan) {
  return -normal_quantile(plan.alpha / 2) + normal_quantile(plan.power);
}

}  // namespace

std::optional<double> detectable_binary(std::int64_t n, double discordant_share,
                                        const TestPlan& plan) {
  const double z = reach(plan);
  const double difference = z * std::sqrt(discordant_share / (static_cast<double>(n) + z * z));
  if (difference <= 0 || difference > discordant_share) return std::nullopt;
  return difference;
}

double detectable_real(double stderr_value, const TestPlan& plan) {
  return reach(plan) * stderr_value;
}

std::int64_t items_needed_binary(double difference, double discordant_share, const TestPlan& plan) {
  FLM_CHECK(difference > 0 && difference <= discordant_share,
            "a difference lies between 0 and the discordant share");
  const double z = reach(plan), square = difference * difference;
  return static_cast<std::int64_t>(std::ceil(z * z * (discordant_share - square) / square));
}

std::int64_t items_needed_real(double difference, double sd_of_difference, const TestPlan& plan) {
  FLM_CHECK(difference > 0, "a difference above 0 is looked for");
  const double deviations = reach(plan) * sd_of_difference / difference;
  return static_cast<std::int64_t>(std::ceil(deviations * deviations));
}

}  // namespace flm
