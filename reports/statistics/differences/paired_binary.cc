#include "reports/statistics/differences/paired_binary.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/errors.h"
#include "reports/statistics/bisection.h"
#include "reports/statistics/distributions.h"

namespace flm {
namespace {

double real(std::int64_t count) { return static_cast<double>(count); }

double items_of(const PairedCounts& counts) {
  FLM_CHECK(counts.n() > 0, "a difference wants items");
  return real(counts.n());
}

/// Of (won - lost) / n.
double wald_stderr(double won, double lost, double n) {
  const double change = won - lost;
  return std::sqrt(std::max(0.0, won + lost - change * change / n)) / n;
}

Interval within_one(double low, double high) { return {std::max(-1.0, low), std::min(1.0, high)}; }

Interval wald_interval(double won, double lost, double n, double confidence) {
  const double centre = (won - lost) / n;
  const double half = normal_two_sided(confidence) * wald_stderr(won, lost, n);
  return within_one(centre - half, centre + half);
}

/// Correlation of right in A and right in B, its cross product nearer to 0 by n / 2 where positive.
double corrected_phi(const PairedCounts& counts, double n) {
  const double right_a = real(counts.both + counts.only_a);
  const double right_b = real(counts.both + counts.only_b);
  const double margins = right_a * (n - right_a) * right_b * (n - right_b);
  if (margins == 0) return 0;
  double cross =
      real(counts.both) * real(counts.neither) - real(counts.only_a) * real(counts.only_b);
  if (cross > 0) cross = std::max(0.0, cross - n / 2);
  return cross / std::sqrt(margins);
}

/// Length of the two arms together; correlated ones cancel in part.
double joined(double x, double y, double phi) {
  return std::sqrt(std::max(0.0, x * x - 2 * phi * x * y + y * y));
}

/// Tango's score of the hypothesis that the true difference is `delta`: falls as `delta` grows.
double tango_score(double won, double lost, double n, double delta) {
  const double change = won - lost - n * delta;
  // The likeliest share of "lost" under the hypothesis solves 2n q^2 + linear q + constant = 0.
  const double linear = -won - lost + (2 * n - won + lost) * delta;
  const double constant = -lost * delta * (1 - delta);
  const double root = std::sqrt(std::max(0.0, linear * linear - 8 * n * constant));
  const double share = (root - linear) / (4 * n);
  const double variance = n * (2 * share + delta * (1 - delta));
  if (variance > 1e-300) return change / std::sqrt(variance);
  return std::copysign(std::numeric_limits<double>::infinity(), change);
}

}  // namespace

double mcnemar_mid_p(const PairedCounts& counts) {
  const CoinTail tail =
      coin_tail(std::min(counts.only_a, counts.only_b), counts.only_a + counts.only_b);
  return counts.only_a == counts.only_b ? 1 : 2 * tail.below + tail.at;
}

double mcnemar_exact_p(const PairedCounts& counts) {
  const CoinTail tail =
      coin_tail(std::min(counts.only_a, counts.only_b), counts.only_a + counts.only_b);
  return std::min(1.0, 2 * (tail.below + tail.at));
}

double mcnemar_chi_square_p(const PairedCounts& counts) {
  const double flips = real(counts.only_a + counts.only_b);
  const double change = real(counts.only_b - counts.only_a);
  return flips > 0 ? chi_square_tail(change * change / flips, 1) : 1;
}

double mcnemar_worse_p(const PairedCounts& counts) {
  const CoinTail tail = coin_tail(counts.only_b, counts.only_a + counts.only_b);
  return tail.below + tail.at / 2;
}

double paired_binary_stderr(const PairedCounts& counts) {
  return wald_stderr(real(counts.only_b), real(counts.only_a), items_of(counts));
}

Interval newcombe_paired(const PairedCounts& counts, double confidence) {
  const double n = items_of(counts), z = normal_two_sided(confidence);
  const double right_a = real(counts.both + counts.only_a);
  const double right_b = real(counts.both + counts.only_b);
  const Interval a = wilson(right_a, n, z), b = wilson(right_b, n, z);
  const double phi = corrected_phi(counts, n), difference = counts.difference();
  return within_one(difference - joined(right_b / n - b.low, a.high - right_a / n, phi),
                    difference + joined(right_a / n - a.low, b.high - right_b / n, phi));
}

Interval wald_paired(const PairedCounts& counts, double confidence) {
  return wald_interval(real(counts.only_b), real(counts.only_a), items_of(counts), confidence);
}

Interval agresti_min_paired(const PairedCounts& counts, double confidence) {
  return wald_interval(real(counts.only_b) + 0.5, real(counts.only_a) + 0.5, items_of(counts) + 2,
                       confidence);
}

Interval tango_paired(const PairedCounts& counts, double confidence) {
  const double n = items_of(counts), z = normal_two_sided(confidence);
  const double difference = counts.difference();
  const auto falling = [&](double delta) {
    return -tango_score(real(counts.only_b), real(counts.only_a), n, delta);
  };
  return {difference == -1 ? -1 : solve_increasing(falling, -z, -1, difference),
          difference == 1 ? 1 : solve_increasing(falling, z, difference, 1)};
}

}  // namespace flm
