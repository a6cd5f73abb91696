// The middle of values, and the robust deviation that is made of it.
#pragma once

#include <algorithm>
#include <vector>

namespace flm {

/// Median absolute deviation to standard deviation, of a normal distribution.
inline constexpr double kMadToDeviation = 1.4826;

/// Of ascending values, at least one; of an even number the mean of the two in the middle.
inline double median_of_sorted(const std::vector<double>& sorted) {
  const std::size_t n = sorted.size();
  return (sorted[n / 2] + sorted[(n - 1) / 2]) / 2;
}

inline double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return median_of_sorted(values);
}

}  // namespace flm
