// Products of a warpgroup from tiles as attention has them in shared memory.
#include <device.h>
#include <warpgroup.h>

#include "base/errors.h"
#include "bench/probe/cuda/kernels.h"
#include "engine/cuda/attention/warpgroup_tile.h"

namespace flm::bench {
namespace {

constexpr int kSide = 64, kThreads = 128;

template <int D>
struct TwoTiles {
  using Tile = cuda::WarpgroupTile<D, kSide>;
  alignas(Tile::kAlign) bf16 a[Tile::kElements];
  bf16 b[Tile::kElements];

  __device__ static void load(bf16* tile, const bf16* from) {
    for (int i = static_cast<int>(threadIdx.x) * 8; i < Tile::kElements; i += kThreads * 8)
      store_shared(reinterpret_cast<uint4*>(tile + Tile::place(i / D, i % D)),
                   *reinterpret_cast<const uint4*>(from + i));
  }
};

/// Where sums[j][i] of the thread belongs.
__device__ inline int row_of_sum(int i) {
  const int thread = static_cast<int>(threadIdx.x);
  return thread / 32 * 16 + thread % 32 / 4 + i / 2 * 8;
}
__device__ inline int column_of_sum(int j, int i) {
  return 8 * j + static_cast<int>(threadIdx.x) % 4 * 2 + i % 2;
}

template <int D>
__global__ void warpgroup_tiles_kernel(const bf16* a, const bf16* b, float* scores, float* values) {
  using Tile = cuda::WarpgroupTile<D, kSide>;
  auto& tiles = *shared_memory<TwoTiles<D>>();
  TwoTiles<D>::load(tiles.a, a);
  TwoTiles<D>::load(tiles.b, b);
  show_stores_to_products();
  __syncthreads();
  const std::uint64_t left = Tile::descriptor(tiles.a), right = Tile::descriptor(tiles.b);
  float sums[8][4], outputs[D / 8][4] = {};
  begin_products();
  warpgroup_mma_first(sums, left, right);
#pragma unroll
  for (int k = 16; k < D; k += 16)
    warpgroup_mma(sums, Tile::columns_from(left, k), Tile::columns_from(right, k));
  commit_products();
  await_products<0>(sums);
#pragma unroll
  for (int k = 0; k < kSide; k += 16) {
    std::uint32_t weights[1][4];
#pragma unroll
    for (int i = 0; i < 4; ++i)
      weights[0][i] = *reinterpret_cast<const std::uint32_t*>(a + row_of_sum(i % 2 * 2) * D +
                                                              k % D + column_of_sum(i / 2, 0));
    begin_products(outputs, weights);
    warpgroup_mma(outputs, weights[0], Tile::rows_from(right, k));
    commit_products();
    await_products<0>(outputs);
  }
#pragma unroll
  for (int i = 0; i < 4; ++i) {
#pragma unroll
    for (int j = 0; j < 8; ++j) scores[row_of_sum(i) * kSide + column_of_sum(j, i)] = sums[j][i];
#pragma unroll
    for (int j = 0; j < D / 8; ++j) values[row_of_sum(i) * D + column_of_sum(j, i)] = outputs[j][i];
  }
}

template <int D>
void multiply_tiles(CudaStream stream, const void* a, const void* b, float* scores, float* values) {
  launch(warpgroup_tiles_kernel<D>, dim3(1), kThreads,
         static_cast<std::int64_t>(sizeof(TwoTiles<D>)), stream, static_cast<const bf16*>(a),
         static_cast<const bf16*>(b), scores, values);
}

}  // namespace

void multiply_swizzled_tiles(CudaStream stream, int head_dim, const void* a, const void* b,
                             float* scores, float* values) {
  if (head_dim == 64) return multiply_tiles<64>(stream, a, b, scores, values);
  if (head_dim == 80) return multiply_tiles<80>(stream, a, b, scores, values);
  if (head_dim == 96) return multiply_tiles<96>(stream, a, b, scores, values);
  FLM_CHECK(head_dim == 128, "a tile of another width");
  multiply_tiles<128>(stream, a, b, scores, values);
}

}  // namespace flm::bench
