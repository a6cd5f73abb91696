#include "bench/probe/cuda/differences.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "bench/probe/output.h"

namespace flm::bench {

std::int64_t print_differences(std::ostream& lines, const std::string& name,
                               const std::vector<float>& x, const std::vector<float>& y) {
  std::int64_t outputs = 0, bits = 0;
  double largest = 0, squares = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::uint32_t differing =
        std::bit_cast<std::uint32_t>(x[i]) ^ std::bit_cast<std::uint32_t>(y[i]);
    outputs += differing != 0;
    bits += std::popcount(differing);
    largest = std::max(largest, std::abs(static_cast<double>(x[i]) - static_cast<double>(y[i])));
    squares += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  }
  lines << name << "_differing_outputs " << outputs << " of_" << x.size() << "\n"
        << name << "_differing_bits " << bits << " bits\n";
  print_line(lines, name + "_largest_difference",
             largest / std::sqrt(squares / static_cast<double>(x.size())), "of_rms");
  return outputs;
}

}  // namespace flm::bench
