// Queries of warps, whose products are made by mma.sync.m16n8k16. Included after <device.h>.
#pragma once

#include <device.h>

#include "engine/cuda/attention/attention.h"
#include "engine/cuda/attention/attention_block.h"
#include "engine/cuda/attention/online_softmax.h"

namespace flm::cuda {

constexpr int kWarps = 4;  // of a block

/// A block's queries: kParts warps have the same 16 * R. Rows of shared memory are D + kPad
/// elements.
template <int D, int R, int kParts>
class WarpQueries : public OnlineSoftmax<D, R, kParts> {
  using Base = OnlineSoftmax<D, R, kParts>;

 public:
  using Base::lane, Base::part, Base::kPartKeys, Base::kPartColumns;
  using typename Base::Exchange;
  static constexpr int kPitch = D + kPad;

  /// Of the block.
  __device__ static int query(int r, int half) { return first_query() + 16 * r + Base::row(half); }
  /// mma.sync reads as threads do.
  __device__ static void show_stores() {}

  /// Takes in the key tile in buffer `at`; rule(from, to): what scores of row tiles [from, to) are
  /// subject to.
  template <class Shared, class Rule>
  __device__ void take_in(Shared& shared, int at, float scale, Rule rule) {
    auto& exchange = *reinterpret_cast<Exchange*>(shared.keys[at]);  // once its keys are scored
    score(shared.queries + first_query() * kPitch, shared.keys[at]);
    rule(0, R);
#pragma unroll
    for (int r = 0; r < R; ++r) Base::weigh(r, scale, &shared.maxima, &exchange);
    add_values(shared.values[at], exchange);
  }

 private:
  using Base::scores_;

  /// Of the thread's warp.
  __device__ static int first_query() {
    return static_cast<int>(threadIdx.x) / (32 * kParts) * 16 * R;
  }

  /// scores [16 R, 64] = queries [16 R, D] * keys [64, D]^T
  __device__ void score(const bf16* queries, const bf16* keys) {
#pragma unroll
    for (int r = 0; r < R; ++r)
#pragma unroll
      for (int n = 0; n < kPartKeys / 8; ++n)
#pragma unroll
        for (int i = 0; i < 4; ++i) scores_[r][n][i] = 0;
    const bf16* query_row = queries + lane() % 16 * kPitch + lane() / 16 * 8;
    const bf16* key_row =
        keys + (part() * kPartKeys + lane() / 16 * 8 + lane() % 8) * kPitch + lane() / 8 % 2 * 8;
#pragma unroll
    for (int k = 0; k < D; k += 16) {
      std::uint32_t a[R][4], b[4];
#pragma unroll
      for (int r = 0; r < R; ++r) ldmatrix_x4(a[r], query_row + 16 * r * kPitch + k);
#pragma unroll
      for (int n = 0; n < kPartKeys / 16; ++n) {
        ldmatrix_x4(b, key_row + n * 16 * kPitch + k);
#pragma unroll
        for (int r = 0; r < R; ++r) {
          mma_m16n8k16(scores_[r][2 * n], a[r], b[0], b[1]);
          mma_m16n8k16(scores_[r][2 * n + 1], a[r], b[2], b[3]);
        }
      }
    }
  }

  /// output [16 R, D] += weights [16 R, 64] * values [64, D]
  __device__ void add_values(const bf16* values, const Exchange& exchange) {
    const bf16* value_row = values + (lane() / 8 % 2 * 8 + lane() % 8) * kPitch + lane() / 16 * 8 +
                            part() * kPartColumns;
#pragma unroll
    for (int k = 0; k < kKeys / 16; ++k) {
      std::uint32_t a[R][4], b[4];
#pragma unroll
      for (int r = 0; r < R; ++r) told_weights(r, k, exchange, a[r]);
#pragma unroll
      for (int n = 0; n < kPartColumns / 16; ++n) {
        ldmatrix_x4_transposed(b, value_row + k * 16 * kPitch + n * 16);
#pragma unroll
        for (int r = 0; r < R; ++r) {
          mma_m16n8k16(this->output[r][2 * n], a[r], b[0], b[1]);
          mma_m16n8k16(this->output[r][2 * n + 1], a[r], b[2], b[3]);
        }
      }
    }
  }

  /// Weights as Base::weights_of has them, or as the warps have told each other.
  __device__ void told_weights(int r, int k, const Exchange& exchange,
                               std::uint32_t (&a)[4]) const {
    if constexpr (kParts == 1)
      Base::weights_of(r, k, a);
    else
      ldmatrix_x4(a, exchange.weights + lane() % 16 * (kKeys + kPad) + lane() / 16 * 8 + 16 * k);
  }
};

/// D: head_dim rounded up to an instance; kParts warps have 16 * R queries.
template <int D, int R, int kParts>
struct WarpShape {
  using Warp = WarpQueries<D, R, kParts>;
  static constexpr int kDim = D, kRowTiles = R;
  static constexpr int kThreads = 32 * kWarps, kQueries = 16 * R * kWarps / kParts;
  /// Blocks that a multiprocessor has room for.
  static constexpr int kBlocks = kParts == 1 ? 2 : D <= kWidestHead ? 3 : 1;
  /// Where an element of the queries lies, and of keys or values.
  __device__ static int query_place(int row, int column) { return row * Warp::kPitch + column; }
  __device__ static int key_place(int row, int column) { return query_place(row, column); }
  struct Shared {
    bf16 queries[kQueries * Warp::kPitch];
    bf16 keys[2][kKeys * Warp::kPitch];  // once scored: a tile's exchange
    bf16 values[2][kKeys * Warp::kPitch];
    std::uint32_t places[2][kKeys];   // of each key, in chunks: they reach 64 GiB
    float totals[R][2][2][kThreads];  // maximum and sum of each thread's queries: seldom read
    typename Warp::Maxima maxima;
  };
  static_assert(kBlocks * (sizeof(Shared) + kSharedOfRuntime) <= kSharedOfAll);
  static_assert(kParts == 1 || sizeof(typename Warp::Exchange) <= sizeof(Shared::keys[0]));
};

}  // namespace flm::cuda
