// Where a monotone function reaches a value.
#pragma once

namespace flm {

/// The x between `low` and `high` where an increasing function reaches `target`: halving until the
/// bounds are as near as doubles can be.
template <typename Function>
double solve_increasing(Function function, double target, double low = 0, double high = 1) {
  for (int step = 0; step < 100; ++step) {
    const double middle = 0.5 * (low + high);
    if (middle == low || middle == high) break;  // nothing moves from here on
    (function(middle) < target ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

}  // namespace flm
