#include <device.h>

#include "engine/cuda/kernels/device_math.h"
#include "tests/engine/cuda/kernels/wrappers.h"

namespace flm::test {
namespace {

constexpr int kSide = 16, kPitch = 24;  // rows of 48 bytes: multiples of 16

struct Tiles {
  bf16 a[kSide * kPitch], b[kSide * kPitch];
};

__device__ inline void store(const float (&sum)[4], int column, float* to) {
  const int lane = static_cast<int>(threadIdx.x), row = lane / 4;
  for (int i = 0; i < 4; ++i)
    to[(row + i / 2 * 8) * kSide + column + lane % 4 * 2 + i % 2] = sum[i];
}

__global__ void products_kernel(const bf16* a, const bf16* b, int rows, float* c, float* d) {
  Tiles& tiles = *shared_memory<Tiles>();
  const int lane = static_cast<int>(threadIdx.x);
  for (int half = 0; half < 2; ++half) {  // a lane copies 8 elements of a row
    const int row = lane % 16, at = lane / 16 * 8;
    copy_async_16((half ? tiles.b : tiles.a) + row * kPitch + at, (half ? b : a) + row * kSide + at,
                  half == 0 || row < rows);
  }
  copy_async_commit();
  copy_async_wait<0>();
  __syncthreads();
  std::uint32_t left[4], right[4];
  ldmatrix_x4(left, tiles.a + lane % 16 * kPitch + lane / 16 * 8);
  ldmatrix_x4(right, tiles.b + (lane / 16 * 8 + lane % 8) * kPitch + lane / 8 % 2 * 8);
  float sums[2][4] = {};
  mma_m16n8k16(sums[0], left, right[0], right[1]);
  mma_m16n8k16(sums[1], left, right[2], right[3]);
  store(sums[0], 0, c);
  store(sums[1], 8, c);
  float plain[2][4] = {};
  ldmatrix_x4_transposed(right, tiles.b + (lane / 8 % 2 * 8 + lane % 8) * kPitch + lane / 16 * 8);
  mma_m16n8k16(plain[0], left, right[0], right[1]);
  mma_m16n8k16(plain[1], left, right[2], right[3]);
  store(plain[0], 0, d);
  store(plain[1], 8, d);
}

__global__ void functions_kernel(const float* x, std::uint32_t* bits, float* exps, float* powers,
                                 float* sums) {
  const int i = static_cast<int>(blockIdx.x) * 32 + static_cast<int>(threadIdx.x);
  bits[i] = pack_bf16(x[i], 0.0f - x[i]);
  exps[i] = exp_fp32(x[i]);
  powers[i] = exp2_fast(x[i]);
  const float sum = fold_sum(x[i]);
  if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}

/// Reads what other blocks of the kernel ahead wrote, and writes over what they read.
__global__ void step_kernel(const int* from, int count, int* to) {
  wait_for_previous();
  let_next_begin();
  const int i = static_cast<int>(blockIdx.x * 256 + threadIdx.x);
  to[i] = from[(i + 4099) % count] + 1;
}

__global__ void vectors_kernel(const float* x, float* copy, bf16* narrow, bf16* pairs,
                               float* wide) {
  float* shared = shared_memory<float>();
  bf16* shared_narrow = reinterpret_cast<bf16*>(shared + 128);
  const int at = static_cast<int>(threadIdx.x) * 4, i = static_cast<int>(blockIdx.x) * 128 + at;
  const float4 four = load4(x + i);
  store4_shared(shared + at, four);
  store4_shared(shared_narrow + at, four);
  store4(copy + i, load4(shared + at));
  store4(wide + i, load4(shared_narrow + at));
  store4(narrow + i, four);
  store2(pairs + i, four.x, four.y);
  store2(pairs + i + 2, four.z, four.w);
}

}  // namespace

void probe_products(CudaStream stream, const void* a, const void* b, int rows, float* c, float* d) {
  launch(products_kernel, dim3(1), 32, static_cast<std::int64_t>(sizeof(Tiles)), stream,
         static_cast<const bf16*>(a), static_cast<const bf16*>(b), rows, c, d);
}

void probe_functions(CudaStream stream, const float* x, int count, std::uint32_t* bits, float* exps,
                     float* powers, float* sums) {
  launch(functions_kernel, dim3(static_cast<unsigned>(count / 32)), 32, 0, stream, x, bits, exps,
         powers, sums);
}

void probe_dependent_launches(CudaStream stream, int* x, int* y, int count, int steps) {
  for (int step = 0; step < steps; ++step) {
    launch_dependent(step_kernel, dim3(static_cast<unsigned>(count / 256)), 256, 0, stream,
                     static_cast<const int*>(step % 2 ? y : x), count, step % 2 ? x : y);
  }
}

void probe_vectors(CudaStream stream, const float* x, int count, float* copy, void* narrow,
                   void* pairs, float* wide) {
  launch(vectors_kernel, dim3(static_cast<unsigned>(count / 128)), 32, 128 * (4 + 2), stream, x,
         copy, static_cast<bf16*>(narrow), static_cast<bf16*>(pairs), wide);
}

void probe_refused_launch(CudaStream stream, int* x) {
  launch(step_kernel, dim3(1), 2048, 0, stream, static_cast<const int*>(x), 1, x);
}

}  // namespace flm::test
