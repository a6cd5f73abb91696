// The kernels, written once over V16. Included after one v16_*.h into a .cc compiled for that
// instruction set. Everything is in an unnamed namespace and free of std templates, so that no
// inline function compiled for one instruction set can be linked into code for another.
#pragma once

#include "engine/cpu/kernels.h"
#include "engine/cpu/matmul_kernel.h"

namespace flm {
namespace {

inline constexpr float kMinusInfinity = -__builtin_inff();

/// exp: n = round(x / ln 2), r = x - n ln 2, Taylor to r^7 (|r| <= 0.347: remainder 5e-9), times
/// 2^n. 0 below -87. For x up to 88, or NaN.
inline V16 exp16_up_to_88(V16 x) {
  const V16 magic = broadcast(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer
  const V16 t = fma(x, broadcast(1.44269504f), magic);
  const V16 n = sub(t, magic);
  V16 r = fma(n, broadcast(-0.693147182464599609375f), x);  // ln 2 rounded to fp32
  r = fma(n, broadcast(1.904654323148236e-09f), r);         // and what it is too large by
  V16 p = broadcast(1.0f / 5040);
  p = fma(p, r, broadcast(1.0f / 720));
  p = fma(p, r, broadcast(1.0f / 120));
  p = fma(p, r, broadcast(1.0f / 24));
  p = fma(p, r, broadcast(1.0f / 6));
  p = fma(p, r, broadcast(0.5f));
  p = fma(p, r, broadcast(1.0f));
  p = fma(p, r, broadcast(1.0f));
  return zero_below(x, broadcast(-87.0f), shift_exponent(p, t));
}

/// The value at 88 above 88. The clamp keeps a NaN because it is the second operand.
inline V16 exp16(V16 x) { return exp16_up_to_88(min(broadcast(88.0f), x)); }

/// tanh: exp(2x) - 1 as 2^n q + (2^n - 1) with q = exp(r) - 1, so that nothing cancels near 0; over
/// that plus 2. Beyond 10 it is 1 to the last bit. A NaN stays one.
inline V16 tanh16(V16 x) {
  const V16 magic = broadcast(12582912.0f);
  const V16 y = min(broadcast(10.0f), max(broadcast(-10.0f), x));
  const V16 t = fma(y, broadcast(2 * 1.44269504f), magic);
  const V16 n = sub(t, magic);
  V16 r = fma(n, broadcast(-0.693147182464599609375f), add(y, y));
  r = fma(n, broadcast(1.904654323148236e-09f), r);
  V16 p = broadcast(1.0f / 5040);
  p = fma(p, r, broadcast(1.0f / 720));
  p = fma(p, r, broadcast(1.0f / 120));
  p = fma(p, r, broadcast(1.0f / 24));
  p = fma(p, r, broadcast(1.0f / 6));
  p = fma(p, r, broadcast(0.5f));
  p = fma(mul(p, r), r, r);
  const V16 power = shift_exponent(broadcast(1.0f), t);
  const V16 less_one = fma(power, p, sub(power, broadcast(1.0f)));
  return div(less_one, add(less_one, broadcast(2.0f)));
}

/// cap * tanh(x / cap)
inline V16 capped(V16 x, V16 cap) { return mul(cap, tanh16(div(x, cap))); }

inline float exp1(float x) {
  float lanes[16];
  store(lanes, exp16(broadcast(x)));
  return lanes[0];
}

/// Calls f(offset, count) for whole vectors (count 16) and the tail.
template <class F>
inline void for_vectors(std::int64_t n, F f) {
  std::int64_t i = 0;
  for (; i + 16 <= n; i += 16) f(i, 16);
  if (i < n) f(i, static_cast<int>(n - i));
}
inline V16 load_some(const float* p, int n) { return n == 16 ? load(p) : load_front(p, n); }
inline void store_some(float* p, V16 a, int n) { n == 16 ? store(p, a) : store_front(p, a, n); }

inline float inverse_rms(const float* x, std::int64_t n, float eps) {
  V16 squares = broadcast(0.0f);
  for_vectors(n, [&](std::int64_t i, int count) {
    const V16 v = load_some(x + i, count);
    squares = fma(v, v, squares);
  });
  const float mean = fold_sum(squares) / static_cast<float>(n);
  return 1.0f / __builtin_sqrtf(mean + eps);
}

inline void normalize(const float* x, float inverse, const float* weight, std::int64_t n,
                      float* out) {
  for_vectors(n, [&](std::int64_t i, int count) {
    store_some(out + i,
               mul(mul(load_some(x + i, count), broadcast(inverse)), load_some(weight + i, count)),
               count);
  });
}

inline void rms_norm(const float* x, const float* weight, std::int64_t n, float eps, float* out) {
  normalize(x, inverse_rms(x, n, eps), weight, n, out);
}

inline RowMoments moments(const float* x, std::int64_t n, float eps) {
  V16 sum = broadcast(0.0f), squares = broadcast(0.0f);
  for_vectors(n, [&](std::int64_t i, int count) { sum = add(sum, load_some(x + i, count)); });
  const float mean = fold_sum(sum) / static_cast<float>(n);
  std::int64_t i = 0;
  for (; i + 16 <= n; i += 16) {
    const V16 v = sub(load(x + i), broadcast(mean));
    squares = fma(v, v, squares);
  }
  if (i < n) {
    float lanes[16] = {};  // zero-filled after the mean is taken away, not before
    for (std::int64_t j = 0; i + j < n; ++j) lanes[j] = x[i + j] - mean;
    const V16 v = load(lanes);
    squares = fma(v, v, squares);
  }
  const float variance = fold_sum(squares) / static_cast<float>(n);
  return {mean, 1.0f / __builtin_sqrtf(variance + eps)};
}

inline void centre(const float* x, RowMoments row, const float* weight, const float* bias,
                   std::int64_t n, float* out) {
  for_vectors(n, [&](std::int64_t i, int count) {
    const V16 v = mul(sub(load_some(x + i, count), broadcast(row.mean)), broadcast(row.inverse));
    const V16 w = load_some(weight + i, count);
    store_some(out + i, bias ? fma(v, w, load_some(bias + i, count)) : mul(v, w), count);
  });
}

inline void rope(float* x, const float* cosines, const float* sines, int half) {
  for_vectors(half, [&](std::int64_t i, int count) {
    const V16 a = load_some(x + i, count), b = load_some(x + half + i, count);
    const V16 c = load_some(cosines + i, count), s = load_some(sines + i, count);
    store_some(x + i, fma(sub(broadcast(0.0f), b), s, mul(a, c)), count);
    store_some(x + half + i, fma(a, s, mul(b, c)), count);
  });
}

inline V16 silu16(V16 x) { return div(x, add(broadcast(1.0f), exp16(sub(broadcast(0.0f), x)))); }
inline V16 gelu_tanh16(V16 x) {
  const V16 slope = fma(mul(x, x), broadcast(kGeluCubic), broadcast(kGeluLinear));
  return div(x, add(broadcast(1.0f), exp16(sub(broadcast(0.0f), mul(x, slope)))));
}
inline V16 relu16(V16 x) { return max(broadcast(0.0f), x); }
inline V16 squared_relu16(V16 x) { return mul(relu16(x), relu16(x)); }
inline V16 gelu16(V16 x) {
  const V16 size = max(x, sub(broadcast(0.0f), x));
  const V16 t = div(broadcast(1.0f), fma(size, broadcast(kTailStep), broadcast(1.0f)));
  V16 tail = broadcast(kTail10);
  tail = fma(tail, t, broadcast(kTail9));
  tail = fma(tail, t, broadcast(kTail8));
  tail = fma(tail, t, broadcast(kTail7));
  tail = fma(tail, t, broadcast(kTail6));
  tail = fma(tail, t, broadcast(kTail5));
  tail = fma(tail, t, broadcast(kTail4));
  tail = fma(tail, t, broadcast(kTail3));
  tail = fma(tail, t, broadcast(kTail2));
  tail = fma(tail, t, broadcast(kTail1));
  tail = mul(mul(tail, t), exp16(mul(mul(x, x), broadcast(-0.5f))));
  return fma(sub(broadcast(0.0f), size), tail, relu16(x));
}

template <V16 (*Function)(V16)>
inline void activate_by(const float* gate, const float* up, std::int64_t n, float* out) {
  if (!up)
    return for_vectors(n, [&](std::int64_t i, int count) {
      store_some(out + i, Function(load_some(gate + i, count)), count);
    });
  for_vectors(n, [&](std::int64_t i, int count) {
    store_some(out + i, mul(Function(load_some(gate + i, count)), load_some(up + i, count)), count);
  });
}

inline void activate(Activation activation, const float* gate, const float* up, std::int64_t n,
                     float* out) {
  switch (activation) {
    case Activation::kSilu:
      return activate_by<silu16>(gate, up, n, out);
    case Activation::kGeluTanh:
      return activate_by<gelu_tanh16>(gate, up, n, out);
    case Activation::kSquaredRelu:
      return activate_by<squared_relu16>(gate, up, n, out);
    case Activation::kGelu:
      return activate_by<gelu16>(gate, up, n, out);
    case Activation::kRelu:
      return activate_by<relu16>(gate, up, n, out);
  }
}

inline void cap_values(float* x, float cap, std::int64_t n) {
  for_vectors(n, [&](std::int64_t i, int count) {
    store_some(x + i, capped(load_some(x + i, count), broadcast(cap)), count);
  });
}

inline void add_scaled(float* x, const float* delta, float factor, std::int64_t n) {
  for_vectors(n, [&](std::int64_t i, int count) {
    store_some(x + i, fma(broadcast(factor), load_some(delta + i, count), load_some(x + i, count)),
               count);
  });
}

/// Rows lie too far apart for the processor to see what comes next: x is fetched a few rows ahead.
inline void add_scaled_rows(float* x, const float* delta, float factor, std::int64_t rows,
                            std::int64_t stride, std::int64_t n) {
  constexpr std::int64_t kRowsAhead = 12;
  for (; rows > 0; --rows, x += stride, delta += stride) {
    for (std::int64_t i = 0; i < n; i += 16) __builtin_prefetch(x + kRowsAhead * stride + i, 1);
    add_scaled(x, delta, factor, n);
  }
}

inline void scale_values(float* x, float factor, std::int64_t n) {
  for_vectors(n, [&](std::int64_t i, int count) {
    store_some(x + i, mul(load_some(x + i, count), broadcast(factor)), count);
  });
}

inline float max_value(const float* x, std::int64_t n) {
  V16 best = broadcast(kMinusInfinity);
  std::int64_t i = 0;
  for (; i + 16 <= n; i += 16) best = max(best, load(x + i));
  float result = fold_max(best);
  for (; i < n; ++i) result = result > x[i] ? result : x[i];
  return result;
}

/// Blocks of 256 by lanes and tree, the blocks in double: a vocabulary has tens of thousands of
/// terms below half a unit in the last place of the sum, and one fp32 sum would drop them all.
inline float sum_exp(const float* x, std::int64_t n, float largest) {
  const V16 shift = broadcast(largest);
  double total = 0;
  for (std::int64_t begin = 0; begin < n; begin += 256) {
    const std::int64_t end = n - begin < 256 ? n : begin + 256;
    V16 sum = broadcast(0.0f);
    std::int64_t i = begin;
    for (; i + 16 <= end; i += 16) sum = add(sum, exp16(sub(load(x + i), shift)));
    if (i < end) {
      float lanes[16];  // zero-filled after the exponential, not before
      for (float& lane : lanes) lane = kMinusInfinity;
      for (std::int64_t j = 0; i + j < end; ++j) lanes[j] = x[i + j];
      sum = add(sum, exp16(sub(load(lanes), shift)));
    }
    total += static_cast<double>(fold_sum(sum));
  }
  return static_cast<float>(total);
}

inline void exp_values(const float* x, std::int64_t n, float* out) {
  for_vectors(n, [&](std::int64_t i, int count) {
    store_some(out + i, exp16(load_some(x + i, count)), count);
  });
}

inline void divide_values(const float* x, float by, std::int64_t n, float* out) {
  for_vectors(n, [&](std::int64_t i, int count) {
    store_some(out + i, div(load_some(x + i, count), broadcast(by)), count);
  });
}

}  // namespace
}  // namespace flm

#include "engine/cpu/attention_kernel.h"

namespace flm {
namespace {

/// `Pairs`: the instruction set's own bf16 operations, or those by parts.
template <class Pairs>
inline Kernels table(const char* isa, bool bf16_in_hardware) {
  return {isa,
          kRowBlock,
          multiply_panel<FloatPanel>,
          multiply_panel<PairPanel>,
          multiply_panel<Bf16Panel<Pairs>>,
          round_to_pairs<Pairs>,
          bf16_in_hardware,
          rms_norm,
          inverse_rms,
          normalize,
          moments,
          centre,
          rope,
          activate,
          cap_values,
          add_scaled,
          add_scaled_rows,
          scale_values,
          max_value,
          sum_exp,
          exp_values,
          divide_values,
          attend_tile<FloatOperands>,
          attend_tile<PairOperands<Pairs>>};
}

}  // namespace
}  // namespace flm
