#include "engine/cpu/fma_loops.h"

#include <immintrin.h>

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

float fma_portable(std::size_t rounds, double* flops) {
  float sums[32];
  for (int j = 0; j < 32; ++j) sums[j] = static_cast<float>(j);
  for (std::size_t round = 0; round < rounds; ++round)
    for (float& sum : sums) sum = sum * 0.999f + 0.001f;
  float sum = 0;
  for (float lane : sums) sum += lane;
  *flops = static_cast<double>(rounds) * 64;
  return sum;
}

}  // namespace

FmaLoop fma_loop(const std::string& isa) {
  if (isa == "avx512") return fma_avx512;
  return isa == "avx2" ? fma_avx2 : fma_portable;
}

}  // namespace flm
