#include "bench/machine/peak_kernels.h"

#include <cstring>

namespace flm::bench {
namespace {

float read_portable(const float* x, std::size_t count) {
  float sums[16] = {};
  for (std::size_t i = 0; i < count; i += 16)
    for (int j = 0; j < 16; ++j) sums[j] += x[i + static_cast<std::size_t>(j)];
  float sum = 0;
  for (float lane : sums) sum += lane;
  return sum;
}

void copy_portable(const float* x, float* y, std::size_t count) {
  std::memcpy(y, x, count * sizeof(float));
}

void triad_portable(const float* x, const float* y, float* z, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) z[i] = x[i] + 3 * y[i];
}

}  // namespace

PeakKernels portable_peak_kernels() {
  return {read_portable, copy_portable, triad_portable, fma_loop("portable"), nullptr};
}

}  // namespace flm::bench
