#include "reports/statistics/differences/paired_ratio.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "reports/statistics/rounding.h"
#include "reports/statistics/sums.h"

namespace flm {
namespace {

/// `slope` * (over - R under) / sum of under, for each item.
std::vector<double> moved_by(const RatioItems& run, double slope) {
  const double ratio = run.ratio(), total = sorted_sum(run.under);
  std::vector<double> out(run.over.size());
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = slope * (run.over[i] - ratio * run.under[i]) / total;
  return out;
}

/// The largest of what moved_by subtracts.
double largest_term(const RatioItems& run, double slope) {
  const double ratio = run.ratio(), total = sorted_sum(run.under);
  double out = 0;
  for (std::size_t i = 0; i < run.over.size(); ++i)
    out = std::max({out, std::fabs(run.over[i]), std::fabs(ratio * run.under[i])});
  return std::fabs(slope / total) * out;
}

MeanError paired(double difference, const RatioItems& a, const RatioItems& b, double slope_a,
                 double slope_b, const std::vector<std::string>& clusters) {
  const std::size_t n = a.over.size();
  FLM_CHECK(n > 0 && a.under.size() == n && b.over.size() == n && b.under.size() == n,
            "two ratios want the same items");
  std::vector<double> moves = moved_by(b, slope_b);
  const std::vector<double> of_a = moved_by(a, slope_a);
  for (std::size_t i = 0; i < n; ++i) moves[i] -= of_a[i];
  // What items move adds up to 0, so that its mean's error times n is the error of the sum.
  MeanError out = mean_error(moves, clusters);
  out.mean = difference;
  out.stderr_value =
      static_cast<double>(n) *
      beyond_rounding(out.stderr_value,
                      std::max(largest_term(a, slope_a), largest_term(b, slope_b)), n);
  return out;
}

}  // namespace

double RatioItems::ratio() const { return sorted_sum(over) / sorted_sum(under); }

MeanError ratio_change(const RatioItems& a, const RatioItems& b,
                       const std::vector<std::string>& clusters, double scale_a, double scale_b) {
  return paired(scale_b * b.ratio() - scale_a * a.ratio(), a, b, scale_a, scale_b, clusters);
}

MeanError exp_ratio_change(const RatioItems& a, const RatioItems& b,
                           const std::vector<std::string>& clusters, double sign) {
  const double value_a = std::exp(sign * a.ratio()), value_b = std::exp(sign * b.ratio());
  return paired(value_b - value_a, a, b, sign * value_a, sign * value_b, clusters);
}

}  // namespace flm
