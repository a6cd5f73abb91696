// Sixteen fp32 lanes in one zmm register. Include once, in a .cc built for AVX-512.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace flm {
namespace {

inline constexpr int kRowBlock = 14;  // 14 x 2 accumulators, 2 of the panel: 30 of 32 registers
inline constexpr int kPanelVectors = 2;
inline constexpr int kWideVectors = 4;
inline constexpr int kStepsUnrolled = 1;  // 28 multiply-adds a step hide the loop's own

struct V16 {
  __m512 v;
};

/// For the compiler the value is made here.
inline void held(V16& a) { asm volatile("" : "+v"(a.v)); }

inline V16 broadcast(float x) { return {_mm512_set1_ps(x)}; }
inline V16 load(const float* p) { return {_mm512_loadu_ps(p)}; }
/// Sixteen bf16 values, the low or the high halves of words, as floats.
inline V16 load_low_halves(const std::uint32_t* p) {
  return {_mm512_castsi512_ps(_mm512_maskz_slli_epi32(0xFFFF, _mm512_loadu_si512(p), 16))};
}
inline V16 load_high_halves(const std::uint32_t* p) {
  return {_mm512_castsi512_ps(_mm512_maskz_loadu_epi16(0xAAAAAAAA, p))};
}
inline V16 broadcast_word(std::uint32_t x) {
  return {_mm512_castsi512_ps(_mm512_set1_epi32(static_cast<int>(x)))};
}
inline V16 load_words(const std::uint32_t* p) {
  return {_mm512_castsi512_ps(_mm512_loadu_si512(p))};
}
inline V16 low_halves(V16 words) {
  return {_mm512_castsi512_ps(_mm512_maskz_slli_epi32(0xFFFF, _mm512_castps_si512(words.v), 16))};
}
inline V16 high_halves(V16 words) {
  return {_mm512_castsi512_ps(
      _mm512_and_si512(_mm512_castps_si512(words.v), _mm512_set1_epi32(-65536)))};
}
/// Numbers below the normal range become zeros of their sign.
inline V16 flush(V16 a) {
  const __m512i bits = _mm512_castps_si512(a.v);
  const __mmask16 small = _mm512_testn_epi32_mask(bits, _mm512_set1_epi32(0x7F800000));
  return {_mm512_castsi512_ps(
      _mm512_mask_and_epi32(bits, small, bits, _mm512_set1_epi32(-2147483647 - 1)))};
}
inline __mmask16 front(int n) { return static_cast<__mmask16>((1u << n) - 1u); }
inline V16 load_front(const float* p, int n) { return {_mm512_maskz_loadu_ps(front(n), p)}; }
inline void store(float* p, V16 a) { _mm512_storeu_ps(p, a.v); }
/// Rounded to bf16 (to nearest, ties to even), in eight pairs.
inline void store_rounded(std::uint32_t* p, V16 a) {
  const __m512i bits = _mm512_castps_si512(a.v);
  const __m512i odd =
      _mm512_and_si512(_mm512_maskz_srli_epi32(0xFFFF, bits, 16), _mm512_set1_epi32(1));
  const __m512i rounded = _mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7FFF)), odd);
  const __m512i quiet = _mm512_mask_or_epi32(rounded, _mm512_cmp_ps_mask(a.v, a.v, _CMP_UNORD_Q),
                                             bits, _mm512_set1_epi32(0x400000));
  _mm256_storeu_si256(
      reinterpret_cast<__m256i*>(p),
      _mm512_maskz_cvtepi32_epi16(0xFFFF, _mm512_maskz_srli_epi32(0xFFFF, quiet, 16)));
}
inline void store_front(float* p, V16 a, int n) { _mm512_mask_storeu_ps(p, front(n), a.v); }
inline V16 fma(V16 a, V16 b, V16 c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
inline V16 add(V16 a, V16 b) { return {_mm512_add_ps(a.v, b.v)}; }
inline V16 sub(V16 a, V16 b) { return {_mm512_sub_ps(a.v, b.v)}; }
inline V16 mul(V16 a, V16 b) { return {_mm512_mul_ps(a.v, b.v)}; }
inline V16 div(V16 a, V16 b) { return {_mm512_div_ps(a.v, b.v)}; }
// The masked forms: GCC 12's plain ones pass an undefined register, which -Wmaybe-uninitialized
// reports.
inline V16 max(V16 a, V16 b) { return {_mm512_maskz_max_ps(0xFFFF, a.v, b.v)}; }
inline V16 min(V16 a, V16 b) { return {_mm512_maskz_min_ps(0xFFFF, a.v, b.v)}; }
inline V16 zero_below(V16 x, V16 bound, V16 a) {
  const __mmask16 below = _mm512_cmp_ps_mask(x.v, bound.v, _CMP_LT_OQ);
  return {_mm512_maskz_mov_ps(static_cast<__mmask16>(~below), a.v)};
}
inline V16 shift_exponent(V16 a, V16 t) {
  const __m512i n = _mm512_maskz_slli_epi32(0xFFFF, _mm512_castps_si512(t.v), 23);
  return {_mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(a.v), n))};
}
inline __m256 lower_half(V16 a) { return _mm512_maskz_extractf32x8_ps(0xFF, a.v, 0); }
inline __m256 upper_half(V16 a) { return _mm512_maskz_extractf32x8_ps(0xFF, a.v, 1); }
inline float fold_sum(V16 a) {
  const __m256 by8 = _mm256_add_ps(lower_half(a), upper_half(a));
  const __m128 by4 = _mm_add_ps(_mm256_castps256_ps128(by8), _mm256_extractf128_ps(by8, 1));
  const __m128 by2 = _mm_add_ps(by4, _mm_movehl_ps(by4, by4));
  return _mm_cvtss_f32(_mm_add_ss(by2, _mm_movehdup_ps(by2)));
}
inline float fold_max(V16 a) {
  const __m256 by8 = _mm256_max_ps(lower_half(a), upper_half(a));
  const __m128 by4 = _mm_max_ps(_mm256_castps256_ps128(by8), _mm256_extractf128_ps(by8, 1));
  const __m128 by2 = _mm_max_ps(by4, _mm_movehl_ps(by4, by4));
  return _mm_cvtss_f32(_mm_max_ss(by2, _mm_movehdup_ps(by2)));
}

}  // namespace
}  // namespace flm
