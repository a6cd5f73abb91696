#include "reports/statistics/interval.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "reports/statistics/bisection.h"
#include "reports/statistics/distributions.h"
#include "reports/statistics/rounding.h"
#include "reports/statistics/sums.h"

namespace flm {
Interval wilson(double successes, double n, double z) {
  const double z2 = z * z, p = successes / n;
  const double centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  const double half = z * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n);
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

Interval clopper_pearson(double successes, double n, double tail) {
  const double k = successes;
  Interval out{0, 1};
  if (k > 0)
    out.low = solve_increasing([&](double x) { return regularized_beta(k, n - k + 1, x); }, tail);
  if (k < n)
    out.high =
        solve_increasing([&](double x) { return regularized_beta(k + 1, n - k, x); }, 1 - tail);
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
    double deviation = 0, square = 0;
    for (std::size_t i = begin; i < begin + size; ++i) {
      const double e = over[i] - out.value * under[i];
      deviation += e;
      square += e * e;
    }
    // Over one stratum the deviations add up to 0 but for rounding.
    const double centred = std::max(0.0, square - deviation * deviation / n);
    const double own = size > 1 ? n / (n - 1) * (sizes.size() > 1 ? centred : square) : square;
    squares += own;
    by_df += own * own / df_of_sizes(std::span(under).subspan(begin, size));
    begin += size;
  }
  out.stderr_value =
      beyond_rounding(std::sqrt(squares) / total, largest_of(over) / total, over.size());
  out.df = by_df > 0 ? squares * squares / by_df : static_cast<double>(over.size() - 1);
  return out;
}

double df_of_sizes(std::span<const double> sizes) {
  double sum = 0, squares = 0;
  for (const double size : sizes) sum += size, squares += size * size;
  return squares > 0 ? std::max(1.0, sum * sum / squares - 1) : 1;
}

bool in_clusters(const std::vector<std::string>& clusters) {
  return !clusters.empty() && std::find(clusters.begin(), clusters.end(), "") == clusters.end();
}

std::optional<ClusteredError> clustered_error(const std::vector<double>& values,
                                              const std::vector<std::string>& clusters) {
  if (!in_clusters(clusters)) return std::nullopt;
  std::map<std::string, double> deviations, sizes;
  const double n = static_cast<double>(values.size());
  const double mean = sum(values) / n;
  for (std::size_t i = 0; i < values.size(); ++i) {
    deviations[clusters[i]] += values[i] - mean;
    ++sizes[clusters[i]];
  }
  const double g = static_cast<double>(deviations.size());
  if (deviations.size() < 2 || deviations.size() == values.size()) return std::nullopt;
  double squares = 0, size_squares = 0;
  for (const auto& [cluster, deviation] : deviations) squares += deviation * deviation;
  for (const auto& [cluster, size] : sizes) size_squares += size * size;
  const double error = std::sqrt(g / (g - 1) * squares) / n;
  return ClusteredError{beyond_rounding(error, largest_of(values), values.size()),
                        static_cast<std::int64_t>(deviations.size()), n * n / size_squares};
}

}  // namespace flm
