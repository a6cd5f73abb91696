// The LM head's pass over a chunk of logits: max, argmax, sum of exponentials, picked
// values.
#include <device.h>

#include "engine/cuda/kernels/device_math.h"
#include "engine/cuda/kernels/kernels.h"
#include "engine/cuda/kernels/vectors.h"

namespace flm::cuda {
namespace {

constexpr int kThreads = 512;
constexpr std::int64_t kSumBlock =
    kLogitBlock;  // terms that are added in fp32; such sums in double

struct Best {
  float value;
  std::int32_t index;
};

__device__ inline bool better(const Best& a, const Best& b) {
  return a.value > b.value || (a.value == b.value && a.index < b.index);
}

/// The best over the block, for every thread; `shared` [threads].
__device__ inline Best block_best(Best mine, Best* shared) {
  shared[threadIdx.x] = mine;
  __syncthreads();
  for (int width = kThreads / 2; width >= 1; width /= 2) {
    if (static_cast<int>(threadIdx.x) < width &&
        better(shared[threadIdx.x + width], shared[threadIdx.x]))
      shared[threadIdx.x] = shared[threadIdx.x + width];
    __syncthreads();
  }
  const Best best = shared[0];
  __syncthreads();
  return best;
}

/// Takes in the elements from index `at` on; of equal ones the first stays.
template <int N>
__device__ inline void raise(Best& best, const Values<N>& x, std::int64_t at) {
#pragma unroll
  for (int j = 0; j < N; ++j)
    if (x.at[j] > best.value) best = {x.at[j], static_cast<std::int32_t>(at + j)};
}

/// exp(x[i] - max) of one block of 256 by half a warp, eight loads of a lane ahead of the
/// arithmetic; the sum is in its first lane.
__device__ inline float sum_of_block(const float* x, std::int64_t begin, std::int64_t width,
                                     float max) {
  constexpr int kAtOnce = 8;
  float sum = 0;
  std::int64_t i = begin + threadIdx.x % kLanes;
  for (int terms = 0; terms < kSumBlock / kLanes; terms += kAtOnce) {
    float term[kAtOnce];
#pragma unroll
    for (int k = 0; k < kAtOnce; ++k) term[k] = i + k * kLanes < width ? x[i + k * kLanes] : 0.0f;
#pragma unroll
    for (int k = 0; k < kAtOnce; ++k)
      if (i + k * kLanes < width) sum = sum + exp_fp32(term[k] - max);
    i += kAtOnce * kLanes;
  }
  return fold_sum(sum);
}

/// The largest of a row and its lowest index, for every thread.
template <int N>
__device__ inline Best best_of_row(const float* x, std::int64_t width, Best* shared) {
  Best mine{minus_infinity(), 0};
  constexpr std::int64_t kStep = kThreads * N;
  for (std::int64_t i = std::int64_t{threadIdx.x} * N; i < width; i += 2 * kStep) {
    const bool both = i + kStep < width;
    const Values<N> near = load<N>(x + i), far = load<N>(x + (both ? i + kStep : i));
    raise(mine, near, i);
    if (both) raise(mine, far, i + kStep);
  }
  return block_best(mine, shared);
}

/// sums [blocks of 256 of a row], by half a warp each.
__device__ inline void sum_blocks(const float* x, std::int64_t width, float max, float* sums) {
  const std::int64_t blocks = (width + kSumBlock - 1) / kSumBlock;
  constexpr int kHalves = kThreads / kLanes;
  for (std::int64_t first = 0; first < blocks; first += kHalves) {  // whole warps stay together
    const std::int64_t block = first + threadIdx.x / kLanes;
    const float sum = sum_of_block(x, block * kSumBlock, width, max);
    if (threadIdx.x % kLanes == 0 && block < blocks) sums[block] = sum;
  }
}

/// Reads 8 width bytes a row, in two passes; about 17 width FLOPs. Shared: Best [threads], then one
/// float for each block of 256.
template <int N>
__global__ void __launch_bounds__(kThreads, 3)
    softmax_stats_kernel(const float* __restrict__ logits, std::int64_t width,
                         SoftmaxStats* __restrict__ stats) {
  Best* shared = shared_memory<Best>();
  float* sums = reinterpret_cast<float*>(shared + kThreads);
  const float* x = logits + static_cast<std::int64_t>(blockIdx.x) * width;
  const Best best = best_of_row<N>(x, width, shared);
  sum_blocks(x, width, best.value, sums);
  __syncthreads();
  if (threadIdx.x == 0) {
    const std::int64_t blocks = (width + kSumBlock - 1) / kSumBlock;
    double total = 0;
    for (std::int64_t block = 0; block < blocks; ++block) total += static_cast<double>(sums[block]);
    stats[blockIdx.x] = {best.value, static_cast<float>(total), best.index};
  }
}

/// The first half of softmax_stats: reads 4 width bytes a row. Shared: Best [threads].
template <int N>
__global__ void __launch_bounds__(kThreads, 3)
    largest_logits_kernel(const float* __restrict__ logits, std::int64_t width,
                          SoftmaxStats* __restrict__ stats) {
  const Best best = best_of_row<N>(logits + static_cast<std::int64_t>(blockIdx.x) * width, width,
                                   shared_memory<Best>());
  if (threadIdx.x == 0) stats[blockIdx.x] = {best.value, 0, best.index};
}

/// The second: reads 4 width bytes a row, writes 4 for each block of 256.
__global__ void __launch_bounds__(kThreads, 3)
    exp_sums_kernel(const float* __restrict__ logits, std::int64_t width,
                    const float* __restrict__ largest, float* __restrict__ sums) {
  const std::int64_t row = blockIdx.x, blocks = (width + kSumBlock - 1) / kSumBlock;
  sum_blocks(logits + row * width, width, largest[row], sums + row * blocks);
}

/// Reads 20 bytes (and a sector of 32 about each value), writes 4 a value.
__global__ void __launch_bounds__(kThreads)
    pick_kernel(const float* logits, std::int64_t width, const LogitAt* at, std::int64_t count,
                float* values) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i < count) values[i] = logits[at[i].row * width + at[i].column];
}

/// One after the other: each time the best of those that come after the one before.
/// Reads 4 width bytes for each of a row's.
__global__ void __launch_bounds__(kThreads)
    largest_kernel(const float* logits, std::int64_t width, const LargestRow* wanted,
                   std::int32_t* ids, float* values) {
  Best* shared = shared_memory<Best>();
  const LargestRow row = wanted[blockIdx.x];
  const float* x = logits + row.row * width;
  Best last{0, -1};
  for (std::int32_t k = 0; k < row.count; ++k) {
    Best mine{minus_infinity(), -1};
    for (std::int64_t i = threadIdx.x; i < width; i += kThreads) {
      const Best here{x[i], static_cast<std::int32_t>(i)};
      const bool after = k == 0 || better(last, here);
      if (after && (mine.index < 0 || better(here, mine))) mine = here;
    }
    if (mine.index < 0) mine.index = 0x7FFFFFFF;  // loses every tie
    last = block_best(mine, shared);
    if (threadIdx.x == 0) {
      ids[row.begin + k] = last.index == 0x7FFFFFFF ? -1 : last.index;
      values[row.begin + k] = last.value;
    }
  }
}

constexpr std::int64_t kBestBytes = kThreads * static_cast<std::int64_t>(sizeof(Best));

}  // namespace

void softmax_stats(CudaStream stream, const float* logits, std::int64_t rows, std::int64_t width,
                   SoftmaxStats* stats) {
  const std::int64_t blocks = (width + kSumBlock - 1) / kSumBlock;
  with_vectors(in_fours({width}, {logits}), [&](auto n) {
    launch(softmax_stats_kernel<n>, dim3(static_cast<unsigned>(rows)), kThreads,
           kBestBytes + blocks * static_cast<std::int64_t>(sizeof(float)), stream, logits, width,
           stats);
  });
}

void largest_logits(CudaStream stream, const float* logits, std::int64_t rows, std::int64_t width,
                    SoftmaxStats* stats) {
  with_vectors(in_fours({width}, {logits}), [&](auto n) {
    launch(largest_logits_kernel<n>, dim3(static_cast<unsigned>(rows)), kThreads, kBestBytes,
           stream, logits, width, stats);
  });
}

void exp_sums(CudaStream stream, const float* logits, std::int64_t rows, std::int64_t width,
              const float* largest, float* sums) {
  launch(exp_sums_kernel, dim3(static_cast<unsigned>(rows)), kThreads, 0, stream, logits, width,
         largest, sums);
}

void pick(CudaStream stream, const float* logits, std::int64_t width, const LogitAt* at,
          std::int64_t count, float* values) {
  launch(pick_kernel, dim3(static_cast<unsigned>((count + kThreads - 1) / kThreads)), kThreads, 0,
         stream, logits, width, at, count, values);
}

void largest(CudaStream stream, const float* logits, std::int64_t width, const LargestRow* wanted,
             std::int64_t count, std::int32_t* ids, float* values) {
  launch(largest_kernel, dim3(static_cast<unsigned>(count)), kThreads, kBestBytes, stream, logits,
         width, wanted, ids, values);
}

}  // namespace flm::cuda
