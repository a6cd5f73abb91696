// Launchers of the probes' own kernels: plain C++, everything in device memory, enqueued on
// `stream`.
#pragma once

#include <cstdint>

#include "engine/cuda/runtime/runtime.h"

namespace flm::bench {

struct ProductSize {
  std::int64_t rows = 0, columns = 0;  // multiples of 64
  std::int64_t depth = 0;              // a multiple of 16
};
/// c [rows, columns] = a [rows, depth] * b^T, b [columns, depth]: bf16 in, fp32 sums, 16 of the
/// depth at a time, ascending. By mma.sync, with `row_tiles` (1 or 2) tiles of 16 rows a warp.
void multiply_by_warps(CudaStream stream, const void* a, const void* b, const ProductSize& size,
                       int row_tiles, float* c);
/// The same by wgmma: compute capability 9.0 alone.
void multiply_by_warpgroups(CudaStream stream, const void* a, const void* b,
                            const ProductSize& size, float* c);

/// Of a and b [64, head_dim] (64, 80, 96 or 128), in shared memory as attention has them:
/// scores [64, 64] = a * b^T, and values [64, head_dim] = w * b with w [64, 64] from registers,
/// column c of w being column 16 (c / 16) % head_dim + c % 16 of a. Compute capability 9.0 alone.
void multiply_swizzled_tiles(CudaStream stream, int head_dim, const void* a, const void* b,
                             float* scores, float* values);

/// How far a way to compute 2^x is off, over a run of neighbouring floats. Errors where the result
/// is no subnormal (x >= -126).
struct ExponentialTally {
  double worst_relative = 0, worst_ulps = 0;
  float worst_at = 0;        // x of the largest relative error
  std::int32_t ascents = 0;  // steps to a smaller x with a larger result
  float below = 0;           // the largest result for x < -126
};
enum class Exponential { kInstruction, kPolynomial };
/// Every float x = -(the float with bits first + i), i < count, against 2^x in fp64; a thread takes
/// `run` of them and writes tallies[thread]. ceil(count / run) threads.
void tally_exponentials(CudaStream stream, Exponential way, std::uint32_t first,
                        std::uint32_t count, std::uint32_t run, ExponentialTally* tallies);

}  // namespace flm::bench
