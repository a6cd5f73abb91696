#include <immintrin.h>

#include "engine/cpu/vector_sets.h"
#include "engine/cpu/x86/x86_kernels.h"

namespace flm {
namespace {

__attribute__((target("avx512f"))) float fma_avx512(std::size_t rounds, double* flops) {
  constexpr int kChains = 24;  // independent sums: more than latency x units on every core
  __m512 sums[kChains];
  for (int j = 0; j < kChains; ++j) sums[j] = _mm512_set1_ps(static_cast<float>(j));
  const __m512 a = _mm512_set1_ps(0.999f), b = _mm512_set1_ps(0.001f);
  for (std::size_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 24
    for (int j = 0; j < kChains; ++j) sums[j] = _mm512_fmadd_ps(sums[j], a, b);
  }
  for (int j = 1; j < kChains; ++j) sums[0] = _mm512_add_ps(sums[0], sums[j]);
  *flops = static_cast<double>(rounds) * kChains * 32;
  return _mm512_cvtss_f32(sums[0]);
}

__attribute__((target("avx2,fma"))) float fma_avx2(std::size_t rounds, double* flops) {
  constexpr int kSums = 12;  // of 16 registers
  __m256 sums[kSums];
  for (int j = 0; j < kSums; ++j) sums[j] = _mm256_set1_ps(static_cast<float>(j));
  const __m256 a = _mm256_set1_ps(0.999f), b = _mm256_set1_ps(0.001f);
  for (std::size_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 12
    for (int j = 0; j < kSums; ++j) sums[j] = _mm256_fmadd_ps(sums[j], a, b);
  }
  for (int j = 1; j < kSums; ++j) sums[0] = _mm256_add_ps(sums[0], sums[j]);
  *flops = static_cast<double>(rounds) * kSums * 16;
  return _mm256_cvtss_f32(sums[0]);
}

bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

bool has_avx512() {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}

}  // namespace

std::vector<VectorSet> vector_sets() {
  std::vector<VectorSet> sets;
  if (has_avx512()) {
    const bool bf16 = __builtin_cpu_supports("avx512bf16");
    sets.push_back({"avx512", bf16 ? kernels_avx512_bf16 : kernels_avx512, fma_avx512});
  }
  if (has_avx2()) sets.push_back({"avx2", kernels_avx2, fma_avx2});
  return sets;
}

}  // namespace flm
