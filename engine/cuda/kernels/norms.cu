// Norms of parts of rows, and LayerNorms: the CPU backend's bits. The comment over a kernel states
// the bytes of device memory and the FLOPs of `width` elements.
#include <device.h>

#include "engine/cuda/kernels/device_math.h"
#include "engine/cuda/kernels/kernels.h"
#include "engine/cuda/kernels/vectors.h"

namespace flm::cuda {
namespace {

constexpr unsigned kThreads = 128;         // of a block
constexpr std::int64_t kWidestHead = 256;  // elements of a part that one warp takes

struct Moments {
  float mean, variance;
};

/// Of shared memory, for a part and its moments.
constexpr std::int64_t part_floats(std::int64_t width) {
  return width + static_cast<std::int64_t>(sizeof(Moments) / sizeof(float));
}

/// The threads that share a part. A block of its own for each head of 128 elements would be more
/// work to start than the head is.
struct WholeBlock {
  static constexpr unsigned kMembers = kThreads;
  __device__ static void meet() { __syncthreads(); }
};
struct OneWarp {
  static constexpr unsigned kMembers = 32;
  __device__ static void meet() { __syncwarp(); }
};

/// Of the part in shared memory: 16 lanes and one tree, by the team's first warp, whose upper half
/// only takes part in the shuffles. All threads of the team; what it found is there behind it.
template <class Team, class Term>
__device__ inline void find_sum(std::int64_t width, float& found, Term term) {
  const unsigned member = threadIdx.x % Team::kMembers;
  if (member < 32) {
    float sum = 0;
    if (member < kLanes)
      for (std::int64_t i = member; i < width; i += kLanes) sum = term(i, sum);
    sum = fold_sum(sum);
    if (member == 0) found = sum / static_cast<float>(width);
  }
  Team::meet();
}

/// Reads and writes 4 width bytes a part, RMS 4 and LayerNorm 7 width FLOPs. A team for each of
/// `count` parts, `parts` a row. Shared, for each team: its part, then the moments. Elements
/// [begin, end) of a part are written, to its place from `out` on, which may be where x is; with
/// one part `out` is where `begin` goes.
template <class Team, class T>
__global__ void __launch_bounds__(kThreads)
    norm_parts_kernel(const float* x, std::int64_t stride, std::int64_t width, std::int64_t count,
                      std::int64_t parts, NormWeights norm, T* out, std::int64_t out_stride,
                      std::int64_t begin, std::int64_t end) {
  wait_for_previous();
  const unsigned team = threadIdx.x / Team::kMembers, member = threadIdx.x % Team::kMembers;
  const std::int64_t at = std::int64_t{blockIdx.x} * (kThreads / Team::kMembers) + team;
  if (at >= count) return;
  float* row = shared_memory<float>() + team * part_floats(width);
  Moments& moments = *reinterpret_cast<Moments*>(row + width);
  const std::int64_t of_row = at / parts, part = at % parts * width, skip = norm.apart ? part : 0;
  const float* from = x + of_row * stride + part;
  for (std::int64_t i = member; i < width; i += Team::kMembers) row[i] = from[i];
  Team::meet();
  if (norm.centred)
    find_sum<Team>(width, moments.mean, [&](std::int64_t i, float sum) { return sum + row[i]; });
  const float mean = norm.centred ? moments.mean : 0;
  find_sum<Team>(width, moments.variance, [&](std::int64_t i, float sum) {
    const float off = norm.centred ? row[i] - mean : row[i];
    return fmaf(off, off, sum);
  });
  const float inverse = 1.0f / sqrtf(moments.variance + norm.eps);
  T* to = out + of_row * out_stride + part - begin;
  const float* weight = norm.weight + skip;
  const float* bias = norm.bias == nullptr ? nullptr : norm.bias + skip;
  for (std::int64_t i = begin + member; i < end; i += Team::kMembers) {
    const float scaled = (norm.centred ? row[i] - mean : row[i]) * inverse;
    put(to[i], bias == nullptr ? scaled * weight[i] : fmaf(scaled, weight[i], bias[i]));
  }
}

/// Columns [begin, end) of each part.
template <class T>
void launch_norm(CudaStream stream, const float* x, std::int64_t stride, std::int64_t rows,
                 std::int64_t parts, std::int64_t width, const NormWeights& norm, T* out,
                 std::int64_t out_stride, std::int64_t begin, std::int64_t end) {
  const auto by = [&](auto team, auto kernel) {
    constexpr std::int64_t kTeams = kThreads / decltype(team)::kMembers;
    const std::int64_t shared = kTeams * part_floats(width) * std::int64_t{sizeof(float)};
    const dim3 grid(static_cast<unsigned>((rows * parts + kTeams - 1) / kTeams));
    launch_dependent(kernel, grid, kThreads, shared, stream, x, stride, width, rows * parts, parts,
                     norm, out, out_stride, begin, end);
  };
  if (width <= kWidestHead)
    by(OneWarp(), norm_parts_kernel<OneWarp, T>);
  else
    by(WholeBlock(), norm_parts_kernel<WholeBlock, T>);
}

}  // namespace

void norm_parts(CudaStream stream, const float* x, std::int64_t stride, std::int64_t rows,
                int parts, std::int64_t width, const NormWeights& norm, Operand out,
                std::int64_t out_stride) {
  const auto by = [&](auto* to) {
    launch_norm(stream, x, stride, rows, parts, width, norm, to, out_stride, 0, width);
  };
  if (out.bf16)
    by(static_cast<bf16*>(out.memory));
  else
    by(static_cast<float*>(out.memory));
}

void norm_columns(CudaStream stream, const float* x, std::int64_t width, std::int64_t rows,
                  std::int64_t begin, std::int64_t end, const NormWeights& norm, float* out,
                  std::int64_t out_stride) {
  launch_norm(stream, x, width, rows, 1, width, norm, out, out_stride, begin, end);
}

}  // namespace flm::cuda
