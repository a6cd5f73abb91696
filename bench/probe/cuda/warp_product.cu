#include <device.h>

#include "bench/probe/cuda/kernels.h"

namespace flm::bench {
namespace {

__device__ inline std::uint32_t pair_at(const bf16* x) {
  return *reinterpret_cast<const std::uint32_t*>(x);
}

/// A warp makes 16 * RowTiles rows of 8 columns; every tile meets the same fragment of b. No shared
/// memory: what is compared is the order of the sums.
template <int RowTiles>
__global__ void warp_product_kernel(const bf16* a, const bf16* b, ProductSize size, float* c) {
  const int lane = static_cast<int>(threadIdx.x), group = lane / 4, pair = lane % 4 * 2;
  const std::int64_t column = static_cast<std::int64_t>(blockIdx.x) * 8;
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.y) * 16 * RowTiles + group;
  const bf16* right = b + (column + group) * size.depth + pair;
  float sums[RowTiles][4] = {};
  for (std::int64_t k = 0; k < size.depth; k += 16) {
    const std::uint32_t low = pair_at(right + k), high = pair_at(right + k + 8);
    for (int tile = 0; tile < RowTiles; ++tile) {
      const bf16* upper = a + (row + 16 * tile) * size.depth + pair + k;
      const bf16* lower = upper + 8 * size.depth;
      const std::uint32_t left[4] = {pair_at(upper), pair_at(lower), pair_at(upper + 8),
                                     pair_at(lower + 8)};
      mma_m16n8k16(sums[tile], left, low, high);
    }
  }
  for (int tile = 0; tile < RowTiles; ++tile)
    for (int i = 0; i < 4; ++i)
      c[(row + 16 * tile + i / 2 * 8) * size.columns + column + pair + i % 2] = sums[tile][i];
}

}  // namespace

void multiply_by_warps(CudaStream stream, const void* a, const void* b, const ProductSize& size,
                       int row_tiles, float* c) {
  const dim3 grid(static_cast<unsigned>(size.columns / 8),
                  static_cast<unsigned>(size.rows / (16 * row_tiles)));
  launch(row_tiles == 1 ? warp_product_kernel<1> : warp_product_kernel<2>, grid, 32, 0, stream,
         static_cast<const bf16*>(a), static_cast<const bf16*>(b), size, c);
}

}  // namespace flm::bench
