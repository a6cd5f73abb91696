// Functions that kernels share, with the CPU backend's bits. Included after <device.h>.
#pragma once

#include <device.h>

#include "engine/backend/batch.h"

namespace flm {

constexpr std::uint32_t kFullMask = 0xFFFFFFFFu;
constexpr int kLanes = 16;  // of a row's reductions (engine/cpu/kernel_source.h)

__device__ inline float minus_infinity() { return float_of(0xFF800000u); }

/// The CPU's exp16, one lane: 0 below -87, the value at 88 above 88.
__device__ inline float exp_fp32(float x) {
  const float magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  const float above = -87.0f > x ? -87.0f : x;
  const float y = 88.0f < above ? 88.0f : above;
  const float t = fmaf(y, 1.44269504f, magic);
  const float n = t - magic;
  float r = fmaf(n, -0.693147182464599609375f, y);
  r = fmaf(n, 1.904654323148236e-09f, r);
  float p = 1.0f / 5040;
  p = fmaf(p, r, 1.0f / 720);
  p = fmaf(p, r, 1.0f / 120);
  p = fmaf(p, r, 1.0f / 24);
  p = fmaf(p, r, 1.0f / 6);
  p = fmaf(p, r, 0.5f);
  p = fmaf(p, r, 1.0f);
  p = fmaf(p, r, 1.0f);
  if (x != x) return x;  // a NaN of the device has bits that the shift would make a number of
  return x < -87.0f ? 0.0f : float_of(bits_of(p) + (bits_of(t) << 23));
}

/// The CPU's tanh16, one lane.
__device__ inline float tanh_fp32(float x) {
  const float magic = 12582912.0f;
  const float above = -10.0f > x ? -10.0f : x;
  const float y = 10.0f < above ? 10.0f : above;
  const float t = fmaf(y, 2 * 1.44269504f, magic);
  const float n = t - magic;
  float r = fmaf(n, -0.693147182464599609375f, y + y);
  r = fmaf(n, 1.904654323148236e-09f, r);
  float p = 1.0f / 5040;
  p = fmaf(p, r, 1.0f / 720);
  p = fmaf(p, r, 1.0f / 120);
  p = fmaf(p, r, 1.0f / 24);
  p = fmaf(p, r, 1.0f / 6);
  p = fmaf(p, r, 0.5f);
  p = fmaf(p * r, r, r);
  if (x != x) return x;  // as above
  const float power = float_of(bits_of(1.0f) + (bits_of(t) << 23));
  const float less_one = fmaf(power, p, power - 1.0f);
  return less_one / (less_one + 2.0f);
}
__device__ inline float capped(float x, float cap) { return cap * tanh_fp32(x / cap); }

/// Turns the pair (a, b) by the angle of these, as the CPU's rope.
__device__ inline void turn(float& a, float& b, float cosine, float sine) {
  const float first = fmaf(0.0f - b, sine, a * cosine);
  b = fmaf(a, sine, b * cosine);
  a = first;
}

/// Sum of 16 lanes by the CPU's tree, in the first lane of each half warp; all 32 lanes call.
__device__ inline float fold_sum(float lane) {
  for (int width = 8; width >= 1; width /= 2)
    lane = lane + __shfl_down_sync(kFullMask, lane, width);
  return lane;
}

/// Slot of `position`; `segment` moves forward and stays for the next, larger position.
__device__ inline std::int32_t slot_on_path(const KvSegment* segments, std::int32_t& segment,
                                            std::int32_t position) {
  while (position >= segments[segment].position + segments[segment].length) ++segment;
  return segments[segment].slot + position - segments[segment].position;
}

}  // namespace flm
