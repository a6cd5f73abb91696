// Sums whose order is fixed.
#pragma once

#include <algorithm>
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

}  // namespace flm
