#include "engine/cpu/fma_loops.h"

#include "engine/cpu/vector_sets.h"

namespace flm {
namespace {

/// Fused, as the portable kernels multiply and add: a processor's own instruction, or the C
/// library's function where the build may not count on one.
float fma_portable(std::size_t rounds, double* flops) {
  constexpr int kSums = 32;
  float sums[kSums];
  for (int j = 0; j < kSums; ++j) sums[j] = static_cast<float>(j);
  for (std::size_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 32
    for (int j = 0; j < kSums; ++j) sums[j] = __builtin_fmaf(sums[j], 0.999f, 0.001f);
  }
  float sum = 0;
  for (float lane : sums) sum += lane;
  *flops = static_cast<double>(rounds) * kSums * 2;
  return sum;
}

}  // namespace

FmaLoop fma_loop(const std::string& isa) {
  for (const VectorSet& set : vector_sets())
    if (set.name == isa) return set.multiply_adds;
  return fma_portable;
}

}  // namespace flm
