// Two results of the same computation, bit by bit.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace flm::bench {

/// Outputs that differ, bits that do, and the largest difference over the root mean square of all
/// outputs of `x`: lines NAME_differing_outputs, NAME_differing_bits, NAME_largest_difference.
/// Gives the first of them.
std::int64_t print_differences(std::ostream& lines, const std::string& name,
                               const std::vector<float>& x, const std::vector<float>& y);

}  // namespace flm::bench
