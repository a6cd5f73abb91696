#include "reports/statistics/interval.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/errors.h"

namespace flm {
namespace {

/// The continued fraction of the incomplete beta function by Lentz's method.
double beta_fraction(double a, double b, double x) {
  constexpr double tiny = 1e-300, precision = 1e-15;
  const auto nonzero = [](double v) { return std::fabs(v) < tiny ? tiny : v; };
  double c = 1, d = 1 / nonzero(1 - (a + b) * x / (a + 1)), value = d;
  for (int m = 1; m < 10'000; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonzero(1 + even * d);
    c = nonzero(1 + even / c);
    value *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonzero(1 + odd * d);
    c = nonzero(1 + odd / c);
    value *= d * c;
    if (std::fabs(d * c - 1) < precision) break;
  }
  return value;
}

/// The x in [0, 1] where an increasing function reaches `target`, by bisection.
template <typename Function>
double solve_increasing(Function function, double target) {
  double low = 0, high = 1;
  for (int step = 0; step < 100; ++step) {
    const double middle = 0.5 * (low + high);
    (function(middle) < target ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

double sum(const std::vector<double>& values) {
  double total = 0;
  for (double v : values) total += v;
  return total;
}

}  // namespace

double regularized_beta(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double front = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) +
                                a * std::log(x) + b * std::log1p(-x));
  // The fraction converges fast on this side of the mean; the other side is its mirror image.
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double student_t95(double df) {
  FLM_CHECK(df > 0, "Student's t wants degrees of freedom");
  // P(|T| > t) = I_x(df/2, 1/2) with x = df / (df + t^2).
  const double x =
      solve_increasing([&](double v) { return regularized_beta(df / 2, 0.5, v); }, 0.05);
  return std::sqrt(df * (1 - x) / x);
}

Interval wilson(double successes, double n) {
  const double z2 = kNormal95 * kNormal95, p = successes / n;
  const double centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  const double half = kNormal95 * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n);
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

Interval clopper_pearson(double successes, double n) {
  const double k = successes;
  Interval out{0, 1};
  if (k > 0)
    out.low = solve_increasing([&](double x) { return regularized_beta(k, n - k + 1, x); }, 0.025);
  if (k < n)
    out.high = solve_increasing([&](double x) { return regularized_beta(k + 1, n - k, x); }, 0.975);
  return out;
}

Ratio ratio_estimate(const std::vector<double>& over, const std::vector<double>& under) {
  return stratified_ratio(over, under, {over.size()});
}

Ratio stratified_ratio(const std::vector<double>& over, const std::vector<double>& under,
                       const std::vector<std::size_t>& sizes) {
  const double total = sum(under);
  Ratio out{sum(over) / total, 0, 0};
  if (over.size() < 2) return out;
  double squares = 0, by_df = 0;
  std::size_t begin = 0;
  for (std::size_t size : sizes) {
    const double n = static_cast<double>(size);
    double deviation = 0, square = 0, bytes = 0, byte_squares = 0;
    for (std::size_t i = begin; i < begin + size; ++i) {
      const double e = over[i] - out.value * under[i];
      deviation += e;
      square += e * e;
      bytes += under[i];
      byte_squares += under[i] * under[i];
    }
    // Over one stratum the deviations add up to 0 but for rounding.
    const double centred = std::max(0.0, square - deviation * deviation / n);
    const double own = size > 1 ? n / (n - 1) * (sizes.size() > 1 ? centred : square) : square;
    squares += own;
    by_df += own * own / std::max(1.0, bytes * bytes / byte_squares - 1);
    begin += size;
  }
  out.stderr_value = std::sqrt(squares) / total;
  out.df = by_df > 0 ? squares * squares / by_df : static_cast<double>(over.size() - 1);
  return out;
}

std::optional<ClusteredError> clustered_error(const std::vector<double>& values,
                                              const std::vector<std::string>& clusters) {
  std::map<std::string, double> deviations, sizes;
  const double n = static_cast<double>(values.size());
  const double mean = sum(values) / n;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (clusters[i].empty()) return std::nullopt;
    deviations[clusters[i]] += values[i] - mean;
    ++sizes[clusters[i]];
  }
  const double g = static_cast<double>(deviations.size());
  if (deviations.size() < 2 || deviations.size() == values.size()) return std::nullopt;
  double squares = 0, size_squares = 0;
  for (const auto& [cluster, deviation] : deviations) squares += deviation * deviation;
  for (const auto& [cluster, size] : sizes) size_squares += size * size;
  return ClusteredError{std::sqrt(g / (g - 1) * squares) / n,
                        static_cast<std::int64_t>(deviations.size()), n * n / size_squares};
}

}  // namespace flm
