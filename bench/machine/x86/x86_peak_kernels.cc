#include <immintrin.h>

#include "bench/machine/peak_kernels.h"

namespace flm::bench {
namespace {

constexpr int kChains = 24;  // independent sums: more than latency x units on every core

__attribute__((target("avx512f"))) float read_avx512(const float* x, std::size_t count) {
  __m512 sums[8];
  for (auto& sum : sums) sum = _mm512_setzero_ps();
  // Four streams, as hardware follows several at once and one does not fill the bus.
  const std::size_t quarter = count / 4;
  for (std::size_t i = 0; i < quarter; i += 32)
#pragma GCC unroll 8
    for (std::size_t j = 0; j < 8; ++j)
      sums[j] = _mm512_add_ps(sums[j], _mm512_load_ps(x + j / 2 * quarter + i + 16 * (j % 2)));
  for (int j = 1; j < 8; ++j) sums[0] = _mm512_add_ps(sums[0], sums[j]);
  float lanes[16], sum = 0;
  _mm512_storeu_ps(lanes, sums[0]);
  for (float lane : lanes) sum += lane;
  return sum;
}

__attribute__((target("avx512f"))) void copy_avx512(const float* x, float* y, std::size_t count) {
  for (std::size_t i = 0; i < count; i += 16) _mm512_stream_ps(y + i, _mm512_load_ps(x + i));
  _mm_sfence();
}

__attribute__((target("avx512f"))) void triad_avx512(const float* x, const float* y, float* z,
                                                     std::size_t count) {
  const __m512 three = _mm512_set1_ps(3);
  for (std::size_t i = 0; i < count; i += 16)
    _mm512_stream_ps(z + i, _mm512_fmadd_ps(three, _mm512_load_ps(y + i), _mm512_load_ps(x + i)));
  _mm_sfence();
}

__attribute__((target("avx512f,avx512bf16"))) float dot_bf16_avx512(std::size_t rounds,
                                                                    double* flops) {
  __m512 sums[kChains];
  for (int j = 0; j < kChains; ++j) sums[j] = _mm512_set1_ps(static_cast<float>(j));
  const __m512bh a = _mm512_cvtne2ps_pbh(_mm512_set1_ps(0.5f), _mm512_set1_ps(-0.5f));
  const __m512bh b = _mm512_cvtne2ps_pbh(_mm512_set1_ps(0.25f), _mm512_set1_ps(0.125f));
  for (std::size_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 24
    for (int j = 0; j < kChains; ++j) sums[j] = _mm512_dpbf16_ps(sums[j], a, b);
  }
  for (int j = 1; j < kChains; ++j) sums[0] = _mm512_add_ps(sums[0], sums[j]);
  *flops = static_cast<double>(rounds) * kChains * 64;
  return _mm512_cvtss_f32(sums[0]);
}

__attribute__((target("avx2,fma"))) float read_avx2(const float* x, std::size_t count) {
  __m256 sums[8];
  for (auto& sum : sums) sum = _mm256_setzero_ps();
  const std::size_t quarter = count / 4;
  for (std::size_t i = 0; i < quarter; i += 16)
#pragma GCC unroll 8
    for (std::size_t j = 0; j < 8; ++j)
      sums[j] = _mm256_add_ps(sums[j], _mm256_load_ps(x + j / 2 * quarter + i + 8 * (j % 2)));
  for (int j = 1; j < 8; ++j) sums[0] = _mm256_add_ps(sums[0], sums[j]);
  float lanes[8], sum = 0;
  _mm256_storeu_ps(lanes, sums[0]);
  for (float lane : lanes) sum += lane;
  return sum;
}

__attribute__((target("avx2,fma"))) void copy_avx2(const float* x, float* y, std::size_t count) {
  for (std::size_t i = 0; i < count; i += 8) _mm256_stream_ps(y + i, _mm256_load_ps(x + i));
  _mm_sfence();
}

__attribute__((target("avx2,fma"))) void triad_avx2(const float* x, const float* y, float* z,
                                                    std::size_t count) {
  const __m256 three = _mm256_set1_ps(3);
  for (std::size_t i = 0; i < count; i += 8)
    _mm256_stream_ps(z + i, _mm256_fmadd_ps(three, _mm256_load_ps(y + i), _mm256_load_ps(x + i)));
  _mm_sfence();
}

}  // namespace

PeakKernels peak_kernels(const std::string& isa, bool bf16_dot) {
  PeakKernels kernels = portable_peak_kernels();
  kernels.fma = fma_loop(isa);
  if (isa == "avx2") kernels = {read_avx2, copy_avx2, triad_avx2, kernels.fma, nullptr};
  if (isa == "avx512") kernels = {read_avx512, copy_avx512, triad_avx512, kernels.fma, nullptr};
  if (bf16_dot) kernels.dot_bf16 = dot_bf16_avx512;
  return kernels;
}

}  // namespace flm::bench
