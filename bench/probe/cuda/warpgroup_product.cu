#include <device.h>
#include <warpgroup.h>

#include "bench/probe/cuda/kernels.h"

namespace flm::bench {
namespace {

constexpr int kSide = 64, kThreads = 128;
constexpr int kAlong = 128, kDown = 256;  // bytes: 8 x 8 elements, and two of them to a row of 16

struct Tiles {
  uint4 a[kSide * 2], b[kSide * 2];  // 64 rows of 16 elements each
};

/// Thread t stores 8 elements: those from 8 (t % 2) on of row t / 2.
__device__ inline void store_rows(uint4* tile, const bf16* rows, std::int64_t depth) {
  const int row = static_cast<int>(threadIdx.x) / 2, half = static_cast<int>(threadIdx.x) % 2;
  store_shared(tile + (row / 8 * kDown + half * kAlong) / 16 + row % 8,
               *reinterpret_cast<const uint4*>(rows + row * depth + half * 8));
}

/// A warpgroup makes 64 x 64.
__global__ void warpgroup_product_kernel(const bf16* a, const bf16* b, ProductSize size, float* c) {
  Tiles& tiles = *shared_memory<Tiles>();
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.y) * kSide,
                     column = static_cast<std::int64_t>(blockIdx.x) * kSide;
  const std::uint64_t left = matrix_descriptor(tiles.a, kAlong, kDown),
                      right = matrix_descriptor(tiles.b, kAlong, kDown);
  float sums[8][4] = {};
  for (std::int64_t k = 0; k < size.depth; k += 16) {
    store_rows(tiles.a, a + row * size.depth + k, size.depth);
    store_rows(tiles.b, b + column * size.depth + k, size.depth);
    show_stores_to_products();
    __syncthreads();
    begin_products(sums);
    warpgroup_mma(sums, left, right);
    commit_products();
    await_products<0>(sums);
    __syncthreads();
  }
  const int thread = static_cast<int>(threadIdx.x);
  float* out =
      c + (row + thread / 32 * 16 + thread % 32 / 4) * size.columns + column + thread % 4 * 2;
  for (int i = 0; i < 32; ++i)
    out[i / 2 % 2 * 8 * size.columns + i / 4 * 8 + i % 2] = sums[i / 4][i % 4];
}

}  // namespace

void multiply_by_warpgroups(CudaStream stream, const void* a, const void* b,
                            const ProductSize& size, float* c) {
  const dim3 grid(static_cast<unsigned>(size.columns / kSide),
                  static_cast<unsigned>(size.rows / kSide));
  launch(warpgroup_product_kernel, grid, kThreads, static_cast<std::int64_t>(sizeof(Tiles)), stream,
         static_cast<const bf16*>(a), static_cast<const bf16*>(b), size, c);
}

}  // namespace flm::bench
