// A warp's queries against key tiles that come one after the other: scores, weights and weighted
// values in registers (FlashAttention-2, Dao 2023, algorithm 1). Included after <device.h>.
#pragma once

#include <device.h>

#include "engine/cuda/attention.h"
#include "engine/cuda/device_math.h"

namespace flm::cuda {

constexpr int kKeys = kTileKeys;
constexpr int kPad = 8;  // elements: rows of shared memory shift by a bank group of 16 bytes

/// Maximum and sum of all that was taken in, and the factors of what came before and of the last.
struct Total {
  float max, sum;
  float keep, take;
  __device__ void merge(float other_max, float other_sum) {
    const float new_max = larger(max, other_max);
    keep = exp2_below(max - new_max);
    take = exp2_below(other_max - new_max);
    sum = fmaf(sum, keep, other_sum * take);
    max = new_max;
  }
  __device__ float value(float before, float other) const {
    return fmaf(before, keep, other * take);
  }
};

/// 16 * R queries of D elements. Nothing passes between queries. Rows of shared memory are D + kPad
/// elements. Fragments lie as mma.m16n8k16 has them (PTX ISA): of row tile r a lane holds queries
/// 16 r + lane / 4 (half 0) and 8 below (half 1), columns 8 n + lane % 4 * 2 and the next.
template <int D, int R>
class WarpQueries {
 public:
  static constexpr int kPitch = D + kPad;

  __device__ static int lane() { return static_cast<int>(threadIdx.x) % 32; }
  __device__ static int query(int r, int half) { return 16 * r + lane() / 4 + 8 * half; }
  __device__ static int column(int n, int i) { return 8 * n + lane() % 4 * 2 + i; }

  /// scores [16 R, 64] = queries [16 R, D] * keys [64, D]^T
  __device__ void score(const bf16* queries, const bf16* keys) {
#pragma unroll
    for (int r = 0; r < R; ++r)
#pragma unroll
      for (int n = 0; n < kKeys / 8; ++n)
#pragma unroll
        for (int i = 0; i < 4; ++i) scores_[r][n][i] = 0;
    const bf16* query_row = queries + lane() % 16 * kPitch + lane() / 16 * 8;
    const bf16* key_row = keys + (lane() / 16 * 8 + lane() % 8) * kPitch + lane() / 8 % 2 * 8;
#pragma unroll
    for (int k = 0; k < D; k += 16) {
      std::uint32_t a[R][4], b[4];
#pragma unroll
      for (int r = 0; r < R; ++r) ldmatrix_x4(a[r], query_row + 16 * r * kPitch + k);
#pragma unroll
      for (int n = 0; n < kKeys / 16; ++n) {
        ldmatrix_x4(b, key_row + n * 16 * kPitch + k);
#pragma unroll
        for (int r = 0; r < R; ++r) {
          mma_m16n8k16(scores_[r][2 * n], a[r], b[0], b[1]);
          mma_m16n8k16(scores_[r][2 * n + 1], a[r], b[2], b[3]);
        }
      }
    }
  }

  /// Keys of the tile from `first(r, half)` on are beyond the query.
  template <class First>
  __device__ void mask(First first) {
#pragma unroll
    for (int r = 0; r < R; ++r)
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const int beyond = first(r, half);
#pragma unroll
        for (int n = 0; n < kKeys / 8; ++n)
#pragma unroll
          for (int i = 0; i < 2; ++i)
            if (column(n, i) >= beyond) scores_[r][n][2 * half + i] = minus_infinity();
      }
  }

  /// Turns scores into weights 2^(score * scale - maximum), and scales what was summed before.
  __device__ void weigh(float scale) {
#pragma unroll
    for (int r = 0; r < R; ++r)
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        float tile_max = minus_infinity();
#pragma unroll
        for (int n = 0; n < kKeys / 8; ++n)
#pragma unroll
          for (int i = 0; i < 2; ++i) tile_max = larger(tile_max, scores_[r][n][2 * half + i]);
        const float new_max = larger(max[r][half], of_four(tile_max, larger) * scale);
        const float shift = new_max > minus_infinity() ? new_max : 0.0f;  // none: beyond the query
        const float keep = exp2_below(max[r][half] - shift);
        float tile_sum = 0;
#pragma unroll
        for (int n = 0; n < kKeys / 8; ++n)
#pragma unroll
          for (int i = 0; i < 2; ++i) {
            float& score = scores_[r][n][2 * half + i];
            score = exp2_below(fmaf(score, scale, -shift));
            tile_sum = tile_sum + score;
          }
        sum[r][half] = fmaf(sum[r][half], keep, of_four(tile_sum, plus));
        max[r][half] = new_max;
        if (__any_sync(kFullMask, keep != 1)) {
#pragma unroll
          for (int n = 0; n < D / 8; ++n)
#pragma unroll
            for (int i = 0; i < 2; ++i) output[r][n][2 * half + i] *= keep;
        }
      }
  }

  /// output [16 R, D] += weights [16 R, 64] * values [64, D]
  __device__ void add_values(const bf16* values) {
    const bf16* value_row = values + (lane() / 8 % 2 * 8 + lane() % 8) * kPitch + lane() / 16 * 8;
#pragma unroll
    for (int k = 0; k < kKeys / 16; ++k) {
      std::uint32_t a[R][4], b[4];
#pragma unroll
      for (int r = 0; r < R; ++r)
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          const float(&pair)[4] = scores_[r][2 * k + i / 2];
          a[r][i] = pack_bf16(pair[i % 2 * 2], pair[i % 2 * 2 + 1]);
        }
#pragma unroll
      for (int n = 0; n < D / 16; ++n) {
        ldmatrix_x4_transposed(b, value_row + k * 16 * kPitch + n * 16);
#pragma unroll
        for (int r = 0; r < R; ++r) {
          mma_m16n8k16(output[r][2 * n], a[r], b[0], b[1]);
          mma_m16n8k16(output[r][2 * n + 1], a[r], b[2], b[3]);
        }
      }
    }
  }

  __device__ void clear(int r, int half) {
    max[r][half] = minus_infinity();
    sum[r][half] = 0;
#pragma unroll
    for (int n = 0; n < D / 8; ++n) output[r][n][2 * half] = output[r][n][2 * half + 1] = 0;
  }

  float output[R][D / 8][4];
  float max[R][2], sum[R][2];  // max: of scores times scale

 private:
  __device__ static float plus(float a, float b) { return a + b; }
  /// Over the four lanes that hold a query.
  template <class Fold>
  __device__ static float of_four(float x, Fold fold) {
    x = fold(x, __shfl_xor_sync(kFullMask, x, 1));
    return fold(x, __shfl_xor_sync(kFullMask, x, 2));
  }

  float scores_[R][kKeys / 8][4];
};

}  // namespace flm::cuda
