// Sixteen fp32 lanes in two ymm registers. Include once, in a .cc built for AVX2.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace flm {
namespace {

inline constexpr int kRowBlock =
    6;  // 6 x 2 accumulators, 2 of the panel, 1 broadcast: 15 of 16 registers
inline constexpr int kPanelVectors = 1;
inline constexpr int kWideVectors = 1;
// Steps of a chain without a branch: the loop's own instructions would be 5 of a step's 25.
inline constexpr int kStepsUnrolled = 4;

struct V16 {
  __m256 lo, hi;
};

/// For the compiler the value is made here.
inline void held(V16& a) { asm volatile("" : "+x"(a.lo), "+x"(a.hi)); }

inline V16 broadcast(float x) { return {_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
inline V16 load(const float* p) { return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
inline __m256i load_eight(const std::uint32_t* p) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}
inline V16 broadcast_word(std::uint32_t x) {
  const __m256 word = _mm256_castsi256_ps(_mm256_set1_epi32(static_cast<int>(x)));
  return {word, word};
}
inline V16 load_words(const std::uint32_t* p) {
  return {_mm256_castsi256_ps(load_eight(p)), _mm256_castsi256_ps(load_eight(p + 8))};
}
inline __m256 low_half(__m256 words) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(words), 16));
}
inline __m256 high_half(__m256 words) {
  return _mm256_and_ps(words, _mm256_castsi256_ps(_mm256_set1_epi32(-65536)));
}
inline V16 low_halves(V16 words) { return {low_half(words.lo), low_half(words.hi)}; }
inline V16 high_halves(V16 words) { return {high_half(words.lo), high_half(words.hi)}; }
/// Numbers below the normal range become zeros of their sign.
inline __m256 flush_half(__m256 a) {
  const __m256i exponent = _mm256_and_si256(_mm256_castps_si256(a), _mm256_set1_epi32(0x7F800000));
  const __m256 small = _mm256_castsi256_ps(_mm256_cmpeq_epi32(exponent, _mm256_setzero_si256()));
  return _mm256_blendv_ps(a, _mm256_and_ps(a, _mm256_set1_ps(-0.0f)), small);
}
inline V16 flush(V16 a) { return {flush_half(a.lo), flush_half(a.hi)}; }
/// Sixteen bf16 values, the low or the high halves of words, as floats.
inline V16 load_low_halves(const std::uint32_t* p) { return low_halves(load_words(p)); }
inline V16 load_high_halves(const std::uint32_t* p) { return high_halves(load_words(p)); }
inline V16 load_front(const float* p, int n) {
  float lanes[16] = {};
  for (int i = 0; i < n; ++i) lanes[i] = p[i];
  return load(lanes);
}
inline void store(float* p, V16 a) {
  _mm256_storeu_ps(p, a.lo);
  _mm256_storeu_ps(p + 8, a.hi);
}
/// Rounded to bf16 (to nearest, ties to even), each in the low half of a word.
inline __m256i rounded_half(__m256 a) {
  const __m256i bits = _mm256_castps_si256(a);
  const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
  const __m256i rounded = _mm256_add_epi32(_mm256_add_epi32(bits, _mm256_set1_epi32(0x7FFF)), odd);
  const __m256i quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x400000));
  return _mm256_srli_epi32(
      _mm256_blendv_epi8(rounded, quiet, _mm256_castps_si256(_mm256_cmp_ps(a, a, _CMP_UNORD_Q))),
      16);
}
/// In eight pairs.
inline void store_rounded(std::uint32_t* p, V16 a) {
  // Packed within each half of the register: the quarters are 0, 2, 1, 3 then.
  const __m256i packed = _mm256_packus_epi32(rounded_half(a.lo), rounded_half(a.hi));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm256_permute4x64_epi64(packed, 0xD8));
}
inline void store_front(float* p, V16 a, int n) {
  float lanes[16];
  store(lanes, a);
  for (int i = 0; i < n; ++i) p[i] = lanes[i];
}
inline V16 fma(V16 a, V16 b, V16 c) {
  return {_mm256_fmadd_ps(a.lo, b.lo, c.lo), _mm256_fmadd_ps(a.hi, b.hi, c.hi)};
}
inline V16 add(V16 a, V16 b) { return {_mm256_add_ps(a.lo, b.lo), _mm256_add_ps(a.hi, b.hi)}; }
inline V16 sub(V16 a, V16 b) { return {_mm256_sub_ps(a.lo, b.lo), _mm256_sub_ps(a.hi, b.hi)}; }
inline V16 mul(V16 a, V16 b) { return {_mm256_mul_ps(a.lo, b.lo), _mm256_mul_ps(a.hi, b.hi)}; }
inline V16 div(V16 a, V16 b) { return {_mm256_div_ps(a.lo, b.lo), _mm256_div_ps(a.hi, b.hi)}; }
inline V16 max(V16 a, V16 b) { return {_mm256_max_ps(a.lo, b.lo), _mm256_max_ps(a.hi, b.hi)}; }
inline V16 min(V16 a, V16 b) { return {_mm256_min_ps(a.lo, b.lo), _mm256_min_ps(a.hi, b.hi)}; }
inline V16 zero_below(V16 x, V16 bound, V16 a) {
  return {_mm256_andnot_ps(_mm256_cmp_ps(x.lo, bound.lo, _CMP_LT_OQ), a.lo),
          _mm256_andnot_ps(_mm256_cmp_ps(x.hi, bound.hi, _CMP_LT_OQ), a.hi)};
}
inline __m256 shift_half(__m256 a, __m256 t) {
  const __m256i n = _mm256_slli_epi32(_mm256_castps_si256(t), 23);
  return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(a), n));
}
inline V16 shift_exponent(V16 a, V16 t) { return {shift_half(a.lo, t.lo), shift_half(a.hi, t.hi)}; }
inline float fold_sum(V16 a) {
  const __m256 by8 = _mm256_add_ps(a.lo, a.hi);
  const __m128 by4 = _mm_add_ps(_mm256_castps256_ps128(by8), _mm256_extractf128_ps(by8, 1));
  const __m128 by2 = _mm_add_ps(by4, _mm_movehl_ps(by4, by4));
  return _mm_cvtss_f32(_mm_add_ss(by2, _mm_movehdup_ps(by2)));
}
inline float fold_max(V16 a) {
  const __m256 by8 = _mm256_max_ps(a.lo, a.hi);
  const __m128 by4 = _mm_max_ps(_mm256_castps256_ps128(by8), _mm256_extractf128_ps(by8, 1));
  const __m128 by2 = _mm_max_ps(by4, _mm_movehl_ps(by4, by4));
  return _mm_cvtss_f32(_mm_max_ss(by2, _mm_movehdup_ps(by2)));
}

}  // namespace
}  // namespace flm
