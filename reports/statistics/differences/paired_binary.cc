#include "reports/statistics/differences/paired_binary.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "reports/statistics/distributions.h"

namespace flm {
namespace {

double real(std::int64_t count) { return static_cast<double>(count); }

double items_of(const PairedCounts& counts) {
  FLM_CHECK(counts.n() > 0, "a difference wants items");
  return real(counts.n());
}

Interval within_one(double low, double high) { return {std::max(-1.0, low), std::min(1.0, high)}; }

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

}  // namespace

double mcnemar_mid_p(const PairedCounts& counts) {
  const CoinTail tail =
      coin_tail(std::min(counts.only_a, counts.only_b), counts.only_a + counts.only_b);
  return counts.only_a == counts.only_b ? 1 : 2 * tail.below + tail.at;
}

double paired_binary_stderr(const PairedCounts& counts) {
  const double n = items_of(counts), change = real(counts.only_b) - real(counts.only_a);
  const double flips = real(counts.only_b) + real(counts.only_a);
  return std::sqrt(std::max(0.0, flips - change * change / n)) / n;
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

}  // namespace flm
