// Attention for verification: every sum in the CPU backend's order, so that the bits are equal.
#include <device.h>

#include "engine/cuda/attention/attention.h"
#include "engine/cuda/kernels/device_math.h"

namespace flm::cuda {
namespace {

constexpr int kThreads = 128, kKeys = 64, kMostHeadDim = 256;

struct Shared {
  float query[kMostHeadDim];
  float scores[kKeys], weights[kKeys];
  std::int32_t slots[kKeys];
};

/// The tile's weights, 16 lanes of four, by the fixed tree; every thread the same.
__device__ inline float sum_of_weights(const float* weights) {
  float lanes[kLanes];
  for (int i = 0; i < kLanes; ++i) {
    lanes[i] = 0.0f + weights[i];
    for (int j = i + kLanes; j < kKeys; j += kLanes) lanes[i] = lanes[i] + weights[j];
  }
  for (int width = kLanes / 2; width >= 1; width /= 2)
    for (int i = 0; i < width; ++i) lanes[i] = lanes[i] + lanes[i + width];
  return lanes[0];
}

/// A block for each row and head; tiles of 64 keys at absolute positions, ascending.
__global__ void attention_fp32_kernel(AttentionArgs args, RowPaths paths) {
  Shared& shared = *shared_memory<Shared>();
  const std::int64_t row = blockIdx.x;
  const int head = static_cast<int>(blockIdx.y), thread = static_cast<int>(threadIdx.x);
  const std::int64_t kv_offset = head / (args.heads / args.kv_heads) * args.head_dim;
  float* query = args.queries + row * args.query_stride + head * args.head_dim;
  for (int d = thread; d < args.head_dim; d += kThreads) shared.query[d] = query[d];
  const std::int32_t position = paths.positions[row];
  const std::int32_t seen =  // the first position that the row sees
      args.window > 0 && position >= args.window ? position - args.window + 1 : 0;
  const KvSegment* segments = paths.segments + paths.path_begin[row];
  std::int32_t segment = 0;
  float max = minus_infinity(), sum = 0, values[kMostHeadDim / kThreads] = {};
  __syncthreads();
  for (std::int32_t first = seen / kKeys * kKeys; first <= position; first += kKeys) {
    const int keys = position + 1 - first < kKeys ? position + 1 - first : kKeys;
    if (thread < kKeys) {
      float score = minus_infinity();
      if (thread < keys) {
        shared.slots[thread] = slot_on_path(segments, segment, first + thread);
        const float* key = args.keys + shared.slots[thread] * args.kv_stride + kv_offset;
        float dot = 0;
        for (int d = 0; d < args.head_dim; ++d) dot = fmaf(shared.query[d], key[d], dot);
        score = dot * args.scale;
        if (args.score_cap > 0) score = capped(score, args.score_cap);
        if (first + thread < seen) score = minus_infinity();
      }
      shared.scores[thread] = score;
    }
    __syncthreads();
    float tile_max = shared.scores[0];
    for (int j = 1; j < kKeys; ++j)
      tile_max = tile_max > shared.scores[j] ? tile_max : shared.scores[j];
    const float new_max = max > tile_max ? max : tile_max;
    const float keep = exp_fp32(max - new_max);
    if (thread < kKeys) shared.weights[thread] = exp_fp32(shared.scores[thread] - new_max);
    __syncthreads();
    sum = fmaf(sum, keep, sum_of_weights(shared.weights));
    max = new_max;
    for (int d = thread, i = 0; d < args.head_dim; d += kThreads, ++i) {
      float value = values[i] * keep;
      for (int j = 0; j < keys; ++j)
        value = fmaf(shared.weights[j],
                     args.values[shared.slots[j] * args.kv_stride + kv_offset + d], value);
      values[i] = value;
    }
    __syncthreads();
  }
  for (int d = thread, i = 0; d < args.head_dim; d += kThreads, ++i) query[d] = values[i] / sum;
}

}  // namespace

void attention_fp32(CudaStream stream, const AttentionArgs& args, std::int64_t rows,
                    const RowPaths& paths) {
  launch(attention_fp32_kernel,
         dim3(static_cast<unsigned>(rows), static_cast<unsigned>(args.heads)), kThreads,
         static_cast<std::int64_t>(sizeof(Shared)), stream, args, paths);
}

}  // namespace flm::cuda
