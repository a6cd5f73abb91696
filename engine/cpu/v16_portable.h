// Sixteen fp32 lanes in plain C++: the definition that the other two follow. Include once, in a
// .cc.
#pragma once

#include <cstdint>
#include <cstring>

namespace flm {
namespace {

inline constexpr int kRowBlock = 4;      // rows of the matmul's register block
inline constexpr int kPanelVectors = 1;  // vectors of a panel in one pass
inline constexpr int kWideVectors = 1;   // the same for attention
inline constexpr int kStepsUnrolled = 1;

struct V16 {
  float v[16];
};

template <class F>
inline V16 each(F f) {
  V16 r;
  for (int i = 0; i < 16; ++i) r.v[i] = f(i);
  return r;
}

inline V16 broadcast(float x) {
  return each([&](int) { return x; });
}
inline V16 load(const float* p) {
  return each([&](int i) { return p[i]; });
}
inline float as_float(std::uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
inline std::uint32_t bits_of(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}
inline V16 broadcast_word(std::uint32_t x) { return broadcast(as_float(x)); }
inline V16 load_words(const std::uint32_t* p) {
  return each([&](int i) { return as_float(p[i]); });
}
inline V16 low_halves(V16 words) {
  return each([&](int i) { return as_float(bits_of(words.v[i]) << 16); });
}
inline V16 high_halves(V16 words) {
  return each([&](int i) { return as_float(bits_of(words.v[i]) & 0xFFFF0000u); });
}
/// Numbers below the normal range become zeros of their sign.
inline V16 flush(V16 a) {
  return each([&](int i) {
    const std::uint32_t bits = bits_of(a.v[i]);
    return (bits & 0x7F800000u) == 0 ? as_float(bits & 0x80000000u) : a.v[i];
  });
}
/// Sixteen bf16 values, the low or the high halves of words, as floats.
inline V16 load_low_halves(const std::uint32_t* p) { return low_halves(load_words(p)); }
inline V16 load_high_halves(const std::uint32_t* p) { return high_halves(load_words(p)); }
inline V16 load_front(const float* p, int n) {
  return each([&](int i) { return i < n ? p[i] : 0.0f; });
}
inline void store(float* p, V16 a) { std::memcpy(p, a.v, sizeof a.v); }
/// Rounded to bf16 (to nearest, ties to even), in eight pairs.
inline void store_rounded(std::uint32_t* p, V16 a) {
  const auto rounded = [&](int i) {
    const std::uint32_t bits = bits_of(a.v[i]);
    const bool nan = (bits & 0x7FFFFFFFu) > 0x7F800000u;
    return nan ? bits | 0x400000u : bits + 0x7FFF + (bits >> 16 & 1);
  };
  for (int i = 0; i < 8; ++i) p[i] = rounded(2 * i) >> 16 | (rounded(2 * i + 1) & 0xFFFF0000u);
}
inline void store_front(float* p, V16 a, int n) {
  for (int i = 0; i < n; ++i) p[i] = a.v[i];
}
inline V16 fma(V16 a, V16 b, V16 c) {
  return each([&](int i) { return __builtin_fmaf(a.v[i], b.v[i], c.v[i]); });
}
inline V16 add(V16 a, V16 b) {
  return each([&](int i) { return a.v[i] + b.v[i]; });
}
inline V16 sub(V16 a, V16 b) {
  return each([&](int i) { return a.v[i] - b.v[i]; });
}
inline V16 mul(V16 a, V16 b) {
  return each([&](int i) { return a.v[i] * b.v[i]; });
}
inline V16 div(V16 a, V16 b) {
  return each([&](int i) { return a.v[i] / b.v[i]; });
}
/// a > b ? a : b, so that a NaN in b stays: what maxps does.
inline V16 max(V16 a, V16 b) {
  return each([&](int i) { return a.v[i] > b.v[i] ? a.v[i] : b.v[i]; });
}
inline V16 min(V16 a, V16 b) {
  return each([&](int i) { return a.v[i] < b.v[i] ? a.v[i] : b.v[i]; });
}
/// x < bound ? 0 : a
inline V16 zero_below(V16 x, V16 bound, V16 a) {
  return each([&](int i) { return x.v[i] < bound.v[i] ? 0.0f : a.v[i]; });
}
/// Adds the low bits of `t`'s pattern to the exponent of a: a * 2^n where t = n + 1.5 * 2^23.
inline V16 shift_exponent(V16 a, V16 t) {
  return each([&](int i) {
    std::uint32_t bits, n;
    std::memcpy(&bits, &a.v[i], 4);
    std::memcpy(&n, &t.v[i], 4);
    bits += n << 23;
    float r;
    std::memcpy(&r, &bits, 4);
    return r;
  });
}
inline float fold_sum(V16 a) {
  for (int width = 8; width >= 1; width /= 2)
    for (int i = 0; i < width; ++i) a.v[i] = a.v[i] + a.v[i + width];
  return a.v[0];
}
inline float fold_max(V16 a) {
  for (int width = 8; width >= 1; width /= 2)
    for (int i = 0; i < width; ++i) a.v[i] = a.v[i] > a.v[i + width] ? a.v[i] : a.v[i + width];
  return a.v[0];
}

}  // namespace
}  // namespace flm
