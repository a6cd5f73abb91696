// What rounding makes of figures that would not vary.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>

namespace flm {

/// A standard error over so many items, made of numbers no larger than `largest`; 0 where the
/// rounding of their sums alone explains it, for then nothing varies. NaN stays.
inline double beyond_rounding(double error, double largest, std::size_t items) {
  const double rounding = 4 * static_cast<double>(items) * std::numeric_limits<double>::epsilon();
  return error <= rounding * std::fabs(largest) ? 0 : error;
}

}  // namespace flm
