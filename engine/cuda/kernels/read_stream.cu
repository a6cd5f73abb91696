// Reading as fast as the memory gives: what a ceiling is measured with.
#include <device.h>

#include "engine/cuda/kernels/kernels.h"

namespace flm::cuda {
namespace {

constexpr int kThreads = 256;
static_assert(kReadSums % kThreads == 0);

__device__ inline float sum_of(const float4& four) { return four.x + four.y + four.z + four.w; }

/// Four loads under way at a time, neighbours by neighbouring threads.
__global__ void read_kernel(const float4* x, std::int64_t quads, float* sums) {
  const std::int64_t thread = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  float sum = 0;
  std::int64_t i = thread;
  for (; i + 3 * kReadSums < quads; i += 4 * kReadSums) {
    const float4 a = x[i], b = x[i + kReadSums], c = x[i + 2 * kReadSums], d = x[i + 3 * kReadSums];
    sum = sum + (sum_of(a) + sum_of(b) + sum_of(c) + sum_of(d));
  }
  for (; i < quads; i += kReadSums) sum = sum + sum_of(x[i]);
  sums[thread] = sum;
}

}  // namespace

void read_all(CudaStream stream, const float* x, std::int64_t count, float* sums) {
  launch(read_kernel, dim3(static_cast<unsigned>(kReadSums / kThreads)), kThreads, 0, stream,
         reinterpret_cast<const float4*>(x), count / 4, sums);
}

}  // namespace flm::cuda
