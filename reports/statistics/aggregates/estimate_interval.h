// The 95% interval of a figure that is a weighted sum of independent parts, within the range that
// the figure can have.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "reports/statistics/interval.h"

namespace flm {

struct NamedInterval {
  double low = 0, high = 0;
  std::string name;
  bool operator==(const NamedInterval&) const = default;
};

constexpr double kUnbounded = std::numeric_limits<double>::infinity();

/// One part of a figure: a task, whose items or clusters of items are drawn. The tasks of a group
/// are fixed: what lies between them is no error.
struct EstimatePart {
  double weight = 1;
  double value = 0;
  double variance = 0;     // of `value`; NaN: not known
  double df = kUnbounded;  // of the variance; unbounded where the value itself says the variance
  double items = 0;
  double draws = 0;     // independent ones: the items, or Kish's number of their clusters
  bool binary = false;  // the mean of zeros and ones
  bool clustered = false;
  double least = -kUnbounded, most = kUnbounded;  // of what the value can be
};

/// A mean of values, clustered where the clusters say something (clustered_error). Values from 0 to
/// 1 have a mean there; that others have one sign says nothing of what was not drawn.
EstimatePart mean_part(const std::vector<double>& values, const std::vector<std::string>& clusters);

/// A ratio of two sums above 0.
EstimatePart ratio_part(const Ratio& ratio, std::size_t items);

/// Bounded on both sides: Wilson's interval, or for fewer than 40 effective items and at the ends
/// Clopper and Pearson's, with the effective sample size of Korn and Graubard (1998):
/// p (1 - p) / variance, times (z / t)^2 for the degrees of freedom. Zeros and ones have at least
/// the variance that they would have if all parts had one rate (Hoeffding 1956: the widest for a
/// given mean when parts weigh by size), so that parts that are all right or all wrong by chance do
/// not make it narrow; at the ends every draw counts. Bounded on one side: t on the logarithm.
/// Unbounded: t. Null where the variance is not known.
///
/// Where zeros and ones stand beside other values, an effective sample size of all of them would
/// let few answers that are all right say that nothing varies. Then zeros and ones, the parts that
/// vary and each part that does not have such an interval [l, u] of their own value v, with the sum
/// W of their weights, and the figure has MOVER's (Zou and Donner 2008): figure -
/// sqrt(sum W^2 (v - l)^2) to figure + sqrt(sum W^2 (u - v)^2).
std::optional<NamedInterval> estimate_interval(const std::vector<EstimatePart>& parts);

}  // namespace flm
