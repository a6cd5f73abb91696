// Norms of parts of rows, and LayerNorms: the CPU backend's bits. The comment over a kernel states
// the bytes of device memory and the FLOPs of `width` elements.
#include <device.h>

#include "engine/cuda/kernels/device_math.h"
#include "engine/cuda/kernels/kernels.h"
#include "engine/cuda/kernels/vectors.h"

namespace flm::cuda {
namespace {

constexpr unsigned kThreads = 128;

struct Moments {
  float mean, variance;
};

/// Of the row in shared memory: 16 lanes and one tree, by the first warp, whose upper half only
/// takes part in the shuffles. All threads of the block; what it found is there behind it.
template <class Term>
__device__ inline void find_sum(std::int64_t width, float& found, Term term) {
  if (threadIdx.x < 32) {
    float sum = 0;
    if (threadIdx.x < kLanes)
      for (std::int64_t i = threadIdx.x; i < width; i += kLanes) sum = term(i, sum);
    sum = fold_sum(sum);
    if (threadIdx.x == 0) found = sum / static_cast<float>(width);
  }
  __syncthreads();
}

/// Reads and writes 4 width bytes a part, RMS 4 and LayerNorm 7 width FLOPs. A block for each row
/// and part. Shared: the part, then its moments. Elements [begin, end) of a part are written, to
/// its place from `out` on, which may be where x is; with one part `out` is where `begin` goes.
template <class T>
__global__ void __launch_bounds__(kThreads)
    norm_parts_kernel(const float* x, std::int64_t stride, std::int64_t width, NormWeights norm,
                      T* out, std::int64_t out_stride, std::int64_t begin, std::int64_t end) {
  wait_for_previous();
  float* row = shared_memory<float>();
  Moments& moments = *reinterpret_cast<Moments*>(row + width);
  const std::int64_t part = blockIdx.y * width, skip = norm.apart ? part : 0;
  const float* from = x + blockIdx.x * stride + part;
  for (std::int64_t i = threadIdx.x; i < width; i += kThreads) row[i] = from[i];
  __syncthreads();
  if (norm.centred)
    find_sum(width, moments.mean, [&](std::int64_t i, float sum) { return sum + row[i]; });
  const float mean = norm.centred ? moments.mean : 0;
  find_sum(width, moments.variance, [&](std::int64_t i, float sum) {
    const float off = norm.centred ? row[i] - mean : row[i];
    return fmaf(off, off, sum);
  });
  const float inverse = 1.0f / sqrtf(moments.variance + norm.eps);
  T* to = out + blockIdx.x * out_stride + part - begin;
  const float* weight = norm.weight + skip;
  const float* bias = norm.bias == nullptr ? nullptr : norm.bias + skip;
  for (std::int64_t i = begin + threadIdx.x; i < end; i += kThreads) {
    const float scaled = (norm.centred ? row[i] - mean : row[i]) * inverse;
    put(to[i], bias == nullptr ? scaled * weight[i] : fmaf(scaled, weight[i], bias[i]));
  }
}

/// Columns [begin, end) of each part.
template <class T>
void launch_norm(CudaStream stream, const float* x, std::int64_t stride, dim3 grid,
                 std::int64_t width, const NormWeights& norm, T* out, std::int64_t out_stride,
                 std::int64_t begin, std::int64_t end) {
  const std::int64_t shared =
      width * static_cast<std::int64_t>(sizeof(float)) + static_cast<std::int64_t>(sizeof(Moments));
  launch_dependent(norm_parts_kernel<T>, grid, kThreads, shared, stream, x, stride, width, norm,
                   out, out_stride, begin, end);
}

}  // namespace

void norm_parts(CudaStream stream, const float* x, std::int64_t stride, std::int64_t rows,
                int parts, std::int64_t width, const NormWeights& norm, Operand out,
                std::int64_t out_stride) {
  const dim3 grid(static_cast<unsigned>(rows), static_cast<unsigned>(parts));
  const auto by = [&](auto* to) {
    launch_norm(stream, x, stride, grid, width, norm, to, out_stride, 0, width);
  };
  if (out.bf16)
    by(static_cast<bf16*>(out.memory));
  else
    by(static_cast<float*>(out.memory));
}

void norm_columns(CudaStream stream, const float* x, std::int64_t width, std::int64_t rows,
                  std::int64_t begin, std::int64_t end, const NormWeights& norm, float* out,
                  std::int64_t out_stride) {
  launch_norm(stream, x, width, dim3(static_cast<unsigned>(rows)), width, norm, out, out_stride,
              begin, end);
}

}  // namespace flm::cuda
