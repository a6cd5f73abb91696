// Sums whose order is fixed, and the largest of values.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

namespace flm {

/// Left to right.
inline double sum(std::span<const double> values) {
  double total = 0;
  for (double v : values) total += v;
  return total;
}

/// In an order that the values alone decide: items may come in any.
inline double sorted_sum(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return sum(values);
}

/// Whatever the sign; 0 of none.
inline double largest_of(std::span<const double> values) {
  double out = 0;
  for (double v : values) out = std::max(out, std::fabs(v));
  return out;
}

}  // namespace flm
