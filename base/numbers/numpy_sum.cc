#include "base/numbers/numpy_sum.h"

#include <algorithm>
#include <cstddef>

namespace flm {

double numpy_sum(std::span<const double> values) {
  const std::size_t n = values.size();
  if (n > 128) {
    const std::size_t half = n / 2 - (n / 2) % 8;
    return numpy_sum(values.first(half)) + numpy_sum(values.subspan(half));
  }
  double sum = n < 8 ? -0.0 : 0;
  std::size_t done = 0;
  if (n >= 8) {
    double part[8];
    std::copy_n(values.begin(), 8, part);
    for (done = 8; done + 8 <= n; done += 8)
      for (std::size_t i = 0; i < 8; ++i) part[i] += values[done + i];
    sum = ((part[0] + part[1]) + (part[2] + part[3])) + ((part[4] + part[5]) + (part[6] + part[7]));
  }
  for (; done < n; ++done) sum += values[done];
  return sum;
}

}  // namespace flm
