// What products are tried with: pseudo-random operands, and the first difference of two results.
#include <device.h>

#include <algorithm>

#include "base/numbers/random_bits.h"
#include "engine/cuda/kernels/device_math.h"
#include "engine/cuda/kernels/kernels.h"
#include "engine/cuda/kernels/vectors.h"

namespace flm::cuda {
namespace {

constexpr int kThreads = 256;
constexpr std::int64_t kMostBlocks = 1024;  // eight for each multiprocessor, and some

unsigned blocks_for(std::int64_t count) {
  return static_cast<unsigned>(
      std::clamp<std::int64_t>((count + kThreads - 1) / kThreads, 1, kMostBlocks));
}
__device__ inline std::int64_t this_thread() {
  return static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
}
__device__ inline std::int64_t all_threads() {
  return static_cast<std::int64_t>(gridDim.x) * kThreads;
}

/// An odd number of 24 bits and a sign, times 2^-24.
template <class T>
__global__ void pseudo_random_kernel(std::uint64_t key, std::int64_t count, T* out) {
  for (std::int64_t i = this_thread(); i < count; i += all_threads()) {
    const auto high = static_cast<std::int32_t>(counter_bits(key, i) >> 40);
    put(out[i], static_cast<float>(2 * high + 1 - (1 << 24)) * 0x1p-24f);
  }
}

__global__ void first_difference_kernel(const float* a, const float* b, std::int64_t count,
                                        std::uint64_t* first) {
  for (std::int64_t i = this_thread(); i < count; i += all_threads())
    if (bits_of(a[i]) != bits_of(b[i])) {
      atomic_min(first, static_cast<std::uint64_t>(i));
      return;  // this thread's later ones are no earlier
    }
}

}  // namespace

void pseudo_random(CudaStream stream, std::uint64_t key, std::int64_t count, bool narrow,
                   void* out) {
  const dim3 grid(blocks_for(count));
  if (narrow)
    launch(pseudo_random_kernel<bf16>, grid, kThreads, 0, stream, key, count,
           static_cast<bf16*>(out));
  else
    launch(pseudo_random_kernel<float>, grid, kThreads, 0, stream, key, count,
           static_cast<float*>(out));
}

void first_difference(CudaStream stream, const float* a, const float* b, std::int64_t count,
                      std::uint64_t* first) {
  launch(first_difference_kernel, dim3(blocks_for(count)), kThreads, 0, stream, a, b, count, first);
}

}  // namespace flm::cuda
