// A centred moving mean over places, not over indices.
#pragma once

#include <cstddef>
#include <vector>

namespace flm {

/// For each point the mean of all within width / 2 of it, of its own segment alone: `segments` says
/// which that is (a restart or a gap begins a new one). As long as `x`.
std::vector<double> centred_means(const std::vector<double>& x, const std::vector<double>& y,
                                  const std::vector<std::size_t>& segments, double width);

}  // namespace flm
