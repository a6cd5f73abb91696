// Queries of a warpgroup, whose products are made by wgmma (compute capability 9.0a). Included
// after <device.h>.
#pragma once

#include <device.h>
#include <warpgroup.h>

#include "engine/cuda/attention/attention.h"
#include "engine/cuda/attention/attention_block.h"
#include "engine/cuda/attention/online_softmax.h"
#include "engine/cuda/attention/warpgroup_tile.h"

namespace flm::cuda {

constexpr int kGroupRows = 64;  // of a product

/// R row tiles of 64 queries, 16 of each in each warp.
template <int D, int R>
class WarpgroupQueries : public OnlineSoftmax<D, R, 1> {
  static_assert(R == 1 || R == 2);
  using Base = OnlineSoftmax<D, R, 1>;
  using Queries = WarpgroupTile<D, R * kGroupRows>;
  using Keys = WarpgroupTile<D, kKeys>;  // or values

 public:
  /// Of the block.
  __device__ static int query(int r, int half) {
    return kGroupRows * r + static_cast<int>(threadIdx.x) / 32 * 16 + Base::row(half);
  }
  /// Before the block meets.
  __device__ static void show_stores() { show_stores_to_products(); }

  /// Takes in the key tile in buffer `at`; rule(from, to): what scores of row tiles [from, to) are
  /// subject to. While a row tile's scores become weights, the products of the other one run: the
  /// next one's scores, or the values of the one before.
  template <class Shared, class Rule>
  __device__ void take_in(Shared& shared, int at, float scale, Rule rule) {
    begin_products();
#pragma unroll
    for (int r = 0; r < R; ++r) score(r, shared.queries, shared.keys[at]);
#pragma unroll
    for (int r = 0; r < R; ++r) {
      await_products<(R > 1)>(scores_[r]);  // behind it the next scores, or the last values
      rule(r, r + 1);
      Base::weigh(r, scale);
      add_values(r, shared.values[at]);
    }
    await_products<0>();
#pragma unroll
    for (int r = 0; r < R; ++r) hold(this->output[r]);
  }

 private:
  using Base::scores_;

  /// Begins scores [64, 64] = queries [64, D] * keys [64, D]^T of row tile r.
  __device__ void score(int r, const bf16* queries, const bf16* keys) {
    const std::uint64_t a = Queries::rows_from(Queries::descriptor(queries), r * kGroupRows),
                        b = Keys::descriptor(keys);
    warpgroup_mma_first(scores_[r], a, b);
#pragma unroll
    for (int k = 16; k < D; k += 16)
      warpgroup_mma(scores_[r], Queries::columns_from(a, k), Keys::columns_from(b, k));
    commit_products();
  }

  /// Begins output [64, D] += weights [64, 64] * values [64, D] of row tile r.
  __device__ void add_values(int r, const bf16* values) {
    std::uint32_t a[kKeys / 16][4];
#pragma unroll
    for (int k = 0; k < kKeys / 16; ++k) Base::weights_of(r, k, a[k]);
    begin_products(this->output[r], a);
    const std::uint64_t b = Keys::descriptor(values);
#pragma unroll
    for (int k = 0; k < kKeys / 16; ++k)
      warpgroup_mma(this->output[r], a[k], Keys::rows_from(b, 16 * k));
    commit_products();
  }
};

/// A warpgroup has all of a block's queries, so that two blocks of a multiprocessor take turns at
/// its tensor cores and its other units.
template <int D, int R>
struct WarpgroupShape {
  using Warp = WarpgroupQueries<D, R>;
  using Queries = WarpgroupTile<D, R * kGroupRows>;
  using Keys = WarpgroupTile<D, kKeys>;
  static constexpr int kDim = D, kRowTiles = R;
  static constexpr int kThreads = 128, kQueries = R * kGroupRows;
  static constexpr int kBlocks = 2;  // that a multiprocessor has room for
  /// Where an element of the queries lies, and of keys or values.
  __device__ static int query_place(int row, int column) { return Queries::place(row, column); }
  __device__ static int key_place(int row, int column) { return Keys::place(row, column); }
  struct Shared {
    alignas(Queries::kAlign) bf16 queries[Queries::kElements];
    bf16 keys[2][Keys::kElements];
    bf16 values[2][Keys::kElements];
    std::uint32_t places[2][kKeys];   // of each key, in chunks: they reach 64 GiB
    float totals[R][2][2][kThreads];  // maximum and sum of each thread's queries: seldom read
  };
  static_assert(kBlocks * (sizeof(Shared) + kSharedOfRuntime) <= kSharedOfAll);
};

}  // namespace flm::cuda
