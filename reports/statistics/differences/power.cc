#include "reports/statistics/differences/power.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "base/errors.h"
#include "reports/statistics/distributions.h"
#include "reports/statistics/special_functions.h"

namespace flm {
namespace {

constexpr double kMostItems = 1e15;

/// z of the test's two-sided bound and of the power, together.
double reach(const TestPlan& plan) {
  return -normal_quantile(plan.alpha / 2) + normal_quantile(plan.power);
}

/// Of a standard error with `df` degrees of freedom by the true one: its density is
/// 2 h^h / Gamma(h) s^(df - 1) e^(-h s^2) with h = df / 2.
double error_density(double s, double df) {
  const double h = df / 2;
  if (s <= 0) return df > 1 ? 0 : 2 * std::sqrt(h / std::numbers::pi);
  return 2 * std::exp(h * std::log(h) - log_gamma(h) + (df - 1) * std::log(s) - h * s * s);
}

struct Power {
  double value = 0, slope = 0;
};

/// P(T > critical) of Student's t around a true difference of `effect` standard errors: the mean of
/// P(Z > critical s - effect) over the error s, by Simpson's rule in steps that neither misses.
Power power_at(double effect, double critical, double df) {
  const double around = 8 / std::sqrt(2 * df), low = std::max(0.0, 1 - around);
  const double range = 1 + around - low;
  const int steps = 2 * static_cast<int>(std::clamp(range * critical, 128.0, 1e5));
  const double step = range / steps;
  Power out;
  for (int i = 0; i <= steps; ++i) {
    const double s = low + step * i, z = critical * s - effect;
    const double weight = i == 0 || i == steps ? 1 : i % 2 ? 4 : 2;
    const double mass = weight * step / 3 * error_density(s, df);
    out.value += mass * normal_tail(z);
    out.slope += mass * std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
  }
  return out;
}

/// The true difference, in standard errors, that Student's t finds with the plan's power: Newton's
/// steps from below, where the power bends down and none goes too far.
double reach_of_t(double df, const TestPlan& plan) {
  const double critical = -student_t_quantile(plan.alpha / 2, df);
  double effect = std::max(critical, reach(plan));
  for (int i = 0; i < 50; ++i) {
    const Power power = power_at(effect, critical, df);
    const double move = (plan.power - power.value) / power.slope;
    effect += move;
    if (std::fabs(move) < 1e-9 * effect) break;
  }
  return effect;
}

/// Numbers of flips that n items show, with their probabilities and how few may be losses for B to
/// be seen as better.
struct SeenFlips {
  std::int64_t flips = 0, most_losses = 0;
  double probability = 0;
};

/// The most losses among so many flips of which mid-p is below alpha; -1: not even none. `least`:
/// those of fewer flips.
std::int64_t most_losses(std::int64_t flips, double alpha, std::int64_t least) {
  const auto mid_p = [&](std::int64_t losses) {
    const CoinTail tail = coin_tail(losses, flips);
    return 2 * tail.below + tail.at;
  };
  std::int64_t losses = least;
  while (2 * (losses + 1) < flips && mid_p(losses + 1) < alpha) ++losses;
  return losses;
}

std::vector<SeenFlips> seen_flips(std::int64_t n, double share, double alpha) {
  const double items = static_cast<double>(n), mean = items * share;
  const auto most = static_cast<std::int64_t>(mean + 8 * std::sqrt(mean) + 20);  // but for 1e-12
  const double all_orders = log_gamma(items + 1);
  std::vector<SeenFlips> out;
  std::int64_t losses = -1;
  for (std::int64_t flips = 1; flips <= std::min(n, most); ++flips) {
    losses = most_losses(flips, alpha, losses);
    if (losses < 0) continue;
    const double k = static_cast<double>(flips);
    const double others = flips < n ? (items - k) * std::log1p(-share) : 0;
    const double log_choose = all_orders - log_gamma(k + 1) - log_gamma(items - k + 1);
    out.push_back({flips, losses, std::exp(log_choose + k * std::log(share) + others)});
  }
  return out;
}

/// The probability that B is seen as better where a flip is a win with this one, at least 1/2.
Power power_of_flips(const std::vector<SeenFlips>& seen, double win) {
  Power out;
  for (const SeenFlips& one : seen) {
    const double k = static_cast<double>(one.flips);
    double term = std::pow(win, k), tail = term;  // of so many losses, and of no more
    for (std::int64_t losses = 1; losses <= one.most_losses; ++losses) {
      const double j = static_cast<double>(losses);
      term *= (k - j + 1) / j * (1 - win) / win;
      tail += term;
    }
    out.value += one.probability * tail;
    out.slope += one.probability * term * (k - static_cast<double>(one.most_losses)) / win;
  }
  return out;
}

/// Newton's steps between bounds that close in.
double win_that_is_seen(const std::vector<SeenFlips>& seen, double power) {
  double low = 0.5, high = 1, win = 0.9;
  for (int i = 0; i < 60; ++i) {
    const Power at = power_of_flips(seen, win);
    (at.value < power ? low : high) = win;
    const double next = win - (at.value - power) / at.slope;
    if (std::fabs(next - win) < 1e-12) break;
    win = next > low && next < high ? next : (low + high) / 2;
  }
  return win;
}

}  // namespace

std::optional<double> detectable_flips(std::int64_t n, std::int64_t flips, const TestPlan& plan) {
  const double share = static_cast<double>(flips) / static_cast<double>(n);
  if (flips >= kFewFlips) return detectable_binary(n, share, plan);
  if (flips == 0) return std::nullopt;
  const std::vector<SeenFlips> seen = seen_flips(n, share, plan.alpha);
  if (power_of_flips(seen, 1).value < plan.power) return std::nullopt;
  return share * (2 * win_that_is_seen(seen, plan.power) - 1);
}

std::optional<double> detectable_binary(std::int64_t n, double discordant_share,
                                        const TestPlan& plan) {
  const double z = reach(plan);
  const double difference = z * std::sqrt(discordant_share / (static_cast<double>(n) + z * z));
  if (difference <= 0 || difference > discordant_share) return std::nullopt;
  return difference;
}

double detectable_real(double stderr_value, double df, const TestPlan& plan) {
  constexpr double kAsGoodAsNormal = 1e6;  // the two differ by some 1e-6 of the value there
  return (df < kAsGoodAsNormal ? reach_of_t(df, plan) : reach(plan)) * stderr_value;
}

std::optional<std::int64_t> items_needed_real(double difference, double sd_of_difference,
                                              const TestPlan& plan) {
  FLM_CHECK(difference > 0, "a difference above 0 is looked for");
  const double deviations = reach(plan) * sd_of_difference / difference;
  const double items = std::ceil(deviations * deviations);
  return items < kMostItems ? std::optional(static_cast<std::int64_t>(items)) : std::nullopt;
}

std::optional<std::int64_t> items_needed_t(double difference, double sd_of_difference,
                                           double clusters_per_item, const TestPlan& plan) {
  const auto too_few = [&](std::int64_t n) {
    const double items = static_cast<double>(n), df = clusters_per_item * items - 1;
    return df < 1 || detectable_real(sd_of_difference / std::sqrt(items), df, plan) > difference;
  };
  // The normal distribution asks for fewer, and Student's for a few clusters more.
  const auto normal = items_needed_real(difference, sd_of_difference, plan);
  if (!normal) return std::nullopt;
  std::int64_t low = *normal - 1, high = *normal;
  for (std::int64_t step = 1; too_few(high); step *= 2) {
    if (static_cast<double>(high) > kMostItems) return std::nullopt;
    low = high;
    high += step;
  }
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    (too_few(middle) ? low : high) = middle;
  }
  return high;
}

}  // namespace flm
