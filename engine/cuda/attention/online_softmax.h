// Scores of queries against key tiles that come one after the other become weights, and what was
// summed before is scaled (FlashAttention-2, Dao 2023, algorithm 1), all in registers. Products are
// made by those who derive from it. Included after <device.h>.
#pragma once

#include <device.h>

#include "engine/cuda/attention/attention.h"
#include "engine/cuda/kernels/device_math.h"

namespace flm::cuda {

constexpr int kKeys = kTileKeys;
constexpr int kPad = 8;       // elements: rows of shared memory shift by a bank group of 16 bytes
constexpr int kQuarters = 4;  // of a tile's keys: the sum of its weights is made of theirs

/// What is taken from scores before they become weights; nothing while all keys weigh nothing.
__device__ inline float shift_of(float max) { return max > minus_infinity() ? max : 0.0f; }

/// Maximum and sum of all that was taken in, and the factors of what came before and of the last.
struct Total {
  float max, sum;
  float keep, take;
  __device__ void merge(float other_max, float other_sum) {
    const float new_max = larger(max, other_max), shift = shift_of(new_max);
    keep = exp2_fast(max - shift);
    take = exp2_fast(other_max - shift);
    sum = fmaf(sum, keep, other_sum * take);
    max = new_max;
  }
  __device__ float value(float before, float other) const {
    return fmaf(before, keep, other * take);
  }
};

/// R row tiles of 16 queries of D elements, held by kParts warps: one, or four of which each has a
/// quarter of a tile's keys when it scores and a quarter of the columns when it sums values. Each
/// sum is made in the same order either way, so that the bits are the same. Nothing passes between
/// queries.
///
/// Of row tile r a lane holds queries lane / 4 (half 0) and 8 below (half 1), columns 8 n + lane %
/// 4 * 2 and the next, as mma.m16n8k16 and each warp's part of wgmma.m64nNk16 have them (PTX ISA).
template <int D, int R, int kParts>
class OnlineSoftmax {
 public:
  static constexpr int kPartKeys = kKeys / kParts, kPartColumns = D / kParts;
  static_assert(kPartColumns % 16 == 0 && (kParts == 1 || (kParts == kQuarters && R == 1)));

  /// What the warps that hold the same queries tell each other, each of its keys.
  struct Exchange {
    float sums[kQuarters][2][32];
    bf16 weights[16 * (kKeys + kPad)];  // [query][key]
  };
  using Maxima = float[kParts][16];

  __device__ static int lane() { return static_cast<int>(threadIdx.x) % 32; }
  __device__ static int part() { return static_cast<int>(threadIdx.x) / 32 % kParts; }
  /// Of the row tile.
  __device__ static int row(int half) { return lane() / 4 + 8 * half; }
  __device__ static int key(int n, int i) {
    return part() * kPartKeys + 8 * n + lane() % 4 * 2 + i;
  }
  __device__ static int column(int n, int i) {
    return part() * kPartColumns + 8 * n + lane() % 4 * 2 + i;
  }

  /// Of row tiles [from, to): keys of the tile from `first(r, half)` on are beyond the query.
  template <class First>
  __device__ void mask(int from, int to, First first) {
#pragma unroll
    for (int r = from; r < to; ++r)
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const int beyond = first(r, half) - key(0, 0);
#pragma unroll
        for (int n = 0; n < kPartKeys / 8; ++n)
#pragma unroll
          for (int i = 0; i < 2; ++i)
            if (8 * n + i >= beyond) scores_[r][n][2 * half + i] = minus_infinity();
      }
  }

  /// Of row tiles [from, to): keys of the tile before `first(r, half)` are before its window.
  template <class First>
  __device__ void mask_before(int from, int to, First first) {
#pragma unroll
    for (int r = from; r < to; ++r)
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const int before = first(r, half) - key(0, 0);
#pragma unroll
        for (int n = 0; n < kPartKeys / 8; ++n)
#pragma unroll
          for (int i = 0; i < 2; ++i)
            if (8 * n + i < before) scores_[r][n][2 * half + i] = minus_infinity();
      }
  }

  /// Of row tiles [from, to): cap * tanh(score * scale / cap).
  __device__ void cap(int from, int to, float scale, float most) {
#pragma unroll
    for (int r = from; r < to; ++r)
#pragma unroll
      for (int n = 0; n < kPartKeys / 8; ++n)
#pragma unroll
        for (int i = 0; i < 4; ++i) scores_[r][n][i] = capped(scores_[r][n][i] * scale, most);
  }

  /// Turns scores of row tile r into weights 2^(score * scale - maximum), and scales what was
  /// summed before. Where several warps have the queries, all threads of the block, with what they
  /// tell each other; `exchange` may lie where the tile's keys lay.
  __device__ void weigh(int r, float scale, Maxima* maxima = nullptr,
                        Exchange* exchange = nullptr) {
    if constexpr (kParts > 1) exchange_maxima(*maxima);
    float keep[2];  // the factor of what was summed before
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const float new_max = larger(max[r][half], tile_max(r, half, maxima) * scale);
      keep[half] = exp2_fast(max[r][half] - shift_of(new_max));
      max[r][half] = new_max;
      float sums[kQuarters];
      weigh_query(r, half, scale, sums);
      if constexpr (kParts == 1)
        add_sums(r, half, keep[half], sums);
      else
        exchange->sums[part()][half][lane()] = sums[0];
      scale_output(r, half, keep[half]);
    }
    if constexpr (kParts > 1) exchange_weights(keep, *exchange);
  }

  __device__ void clear(int r, int half) {
    max[r][half] = minus_infinity();
    sum[r][half] = 0;
#pragma unroll
    for (int n = 0; n < kPartColumns / 8; ++n)
      output[r][n][2 * half] = output[r][n][2 * half + 1] = 0;
  }

  /// The sum of all four lanes of a query; all lanes call.
  __device__ float whole_sum(int r, int half) const { return of_four(sum[r][half], plus); }

  float output[R][kPartColumns / 8][4];
  float max[R][2];  // of scores times scale
  float sum[R][2];  // of the weights in the lane's columns of all parts

 protected:
  /// Weights [16, 16] of row tile r and keys from 16 k on, as a product takes them.
  __device__ void weights_of(int r, int k, std::uint32_t (&a)[4]) const {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const float(&pair)[4] = scores_[r][2 * k + i / 2];
      a[i] = pack_bf16(pair[i % 2 * 2], pair[i % 2 * 2 + 1]);
    }
  }

  float scores_[R][kPartKeys / 8][4];

 private:
  __device__ static float plus(float a, float b) { return a + b; }
  /// Over the four lanes that hold a query.
  template <class Fold>
  __device__ static float of_four(float x, Fold fold) {
    x = fold(x, __shfl_xor_sync(kFullMask, x, 1));
    return fold(x, __shfl_xor_sync(kFullMask, x, 2));
  }

  /// Of the part's keys.
  __device__ float largest_score(int r, int half) const {
    float most = minus_infinity();
#pragma unroll
    for (int n = 0; n < kPartKeys / 8; ++n)
#pragma unroll
      for (int i = 0; i < 2; ++i) most = larger(most, scores_[r][n][2 * half + i]);
    return of_four(most, larger);
  }
  /// Of all keys of the tile.
  __device__ float tile_max(int r, int half, const Maxima* maxima) const {
    if constexpr (kParts == 1) return largest_score(r, half);
    float most = (*maxima)[0][row(half)];
#pragma unroll
    for (int p = 1; p < kParts; ++p) most = larger(most, (*maxima)[p][row(half)]);
    return most;
  }

  /// Weights in the scores' place; sums[m]: the lane's of 16 keys. A NaN stays one.
  __device__ void weigh_query(int r, int half, float scale, float (&sums)[kQuarters]) {
    const float shift = shift_of(max[r][half]);
    const auto sum_of = [&](float(&keys)[4]) {
#pragma unroll
      for (int i = 2 * half; i < 2 * half + 2; ++i)
        keys[i] = exp2_fast(fmaf(keys[i], scale, -shift));
      return keys[2 * half] + keys[2 * half + 1];
    };
#pragma unroll
    for (int m = 0; m < kPartKeys / 16; ++m) {
      const float first = sum_of(scores_[r][2 * m]);
      sums[m] = first + sum_of(scores_[r][2 * m + 1]);
    }
  }
  __device__ void add_sums(int r, int half, float keep, const float (&sums)[kQuarters]) {
    sum[r][half] = fmaf(sum[r][half], keep, (sums[0] + sums[1]) + (sums[2] + sums[3]));
  }
  __device__ void scale_output(int r, int half, float keep) {
    if (!__any_sync(kFullMask, keep != 1)) return;
#pragma unroll
    for (int n = 0; n < kPartColumns / 8; ++n)
#pragma unroll
      for (int i = 0; i < 2; ++i) output[r][n][2 * half + i] *= keep;
  }

  __device__ void exchange_maxima(Maxima& maxima) const {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const float most = largest_score(0, half);
      if (lane() % 4 == 0) maxima[part()][row(half)] = most;
    }
    __syncthreads();
  }
  __device__ void exchange_weights(const float (&keep)[2], Exchange& exchange) {
#pragma unroll
    for (int n = 0; n < kPartKeys / 8; ++n)
#pragma unroll
      for (int half = 0; half < 2; ++half)
        *reinterpret_cast<std::uint32_t*>(exchange.weights + row(half) * (kKeys + kPad) +
                                          key(n, 0)) =
            pack_bf16(scores_[0][n][2 * half], scores_[0][n][2 * half + 1]);
    __syncthreads();
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      float sums[kQuarters];
#pragma unroll
      for (int p = 0; p < kQuarters; ++p) sums[p] = exchange.sums[p][half][lane()];
      add_sums(0, half, keep[half], sums);
    }
  }
};

}  // namespace flm::cuda
