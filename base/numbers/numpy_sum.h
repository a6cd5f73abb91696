// numpy's sum, bit for bit.
#pragma once

#include <span>

namespace flm {

/// Pairwise, eight partial sums in blocks of up to 128; -0.0 of nothing.
double numpy_sum(std::span<const double> values);

}  // namespace flm
