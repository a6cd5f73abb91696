#include <device.h>

#include <bit>

#include "bench/probe/cuda/kernels.h"

namespace flm::bench {
namespace {

constexpr unsigned kThreads = 256;

/// For x <= 0, zero at -127 and below: the minimax polynomial of degree 5 on [-1/2, 1/2] whose
/// value at 0 is 1, and the whole part added to the exponent. Ten instructions where the device's
/// own is one.
__device__ inline float exp2_polynomial(float x) {
  const float magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  const float y = larger(x, -127.0f);
  const float t = y + magic;
  const float f = y - (t - magic);
  float p = 0x1.5bba14p-10f;
  p = fmaf(p, f, 0x1.3cea88p-7f);
  p = fmaf(p, f, 0x1.c6b752p-5f);
  p = fmaf(p, f, 0x1.ebf9bcp-3f);
  p = fmaf(p, f, 0x1.62e42ap-1f);
  p = fmaf(p, f, 1.0f);
  return float_of(bits_of(p) + (bits_of(t) << 23));
}

template <Exponential Way>
__device__ inline float power_of(float x) {
  if constexpr (Way == Exponential::kInstruction) return exp2_fast(x);
  return exp2_polynomial(x);
}

/// 2^(23 - exponent of 2^x): makes ulps of an error.
__device__ inline double ulps_in_one(float x) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(1023 + 23 - static_cast<int>(floorf(x)))
                               << 52);
}

template <Exponential Way>
__global__ void tally_kernel(std::uint32_t first, std::uint32_t count, std::uint32_t run,
                             ExponentialTally* tallies) {
  const std::uint32_t thread = blockIdx.x * kThreads + threadIdx.x, begin = thread * run;
  if (begin >= count) return;
  const std::uint32_t end = count - begin < run ? count : begin + run;
  ExponentialTally tally;
  float before = begin + first > 0 ? power_of<Way>(-float_of(first + begin - 1)) : power_of<Way>(0);
  for (std::uint32_t i = begin; i < end; ++i) {
    const float x = -float_of(first + i), power = power_of<Way>(x);
    if (power > before) ++tally.ascents;
    before = power;
    if (x < -126.0f) {
      tally.below = power > tally.below ? power : tally.below;
      continue;
    }
    const double exact = exp2(static_cast<double>(x));
    const double error = fabs(static_cast<double>(power) - exact);
    const double ulps = error * ulps_in_one(x);
    tally.worst_ulps = ulps > tally.worst_ulps ? ulps : tally.worst_ulps;
    if (error <= tally.worst_relative * exact) continue;
    tally.worst_relative = error / exact;
    tally.worst_at = x;
  }
  tallies[thread] = tally;
}

}  // namespace

void tally_exponentials(CudaStream stream, Exponential way, std::uint32_t first,
                        std::uint32_t count, std::uint32_t run, ExponentialTally* tallies) {
  const std::uint32_t threads = (count + run - 1) / run;
  const dim3 grid((threads + kThreads - 1) / kThreads);
  launch(way == Exponential::kInstruction ? tally_kernel<Exponential::kInstruction>
                                          : tally_kernel<Exponential::kPolynomial>,
         grid, static_cast<int>(kThreads), 0, stream, first, count, run, tallies);
}

}  // namespace flm::bench
