// Synthetic weights made where they are used (engine/checkpoint/synthetic.cc, element by element).
#include <device.h>

#include "base/numbers/random_bits.h"
#include "engine/cuda/kernels/device_math.h"
#include "engine/cuda/kernels/kernels.h"
#include "engine/cuda/kernels/vectors.h"

namespace flm::cuda {
namespace {

constexpr int kThreads = 256;

/// (2 b + 1) * 2^exponent of element i: at most 8 significant bits, exact in bf16.
__device__ inline float weight_at(const CounterBlock& block, std::int64_t i) {
  const std::uint64_t bits = counter_bits(block.key, i / 8);
  const int byte = static_cast<int>(bits >> (8 * (i % 8)) & 255);
  const int signed_byte = byte < 128 ? byte : byte - 256;
  const float scale = float_of(static_cast<std::uint32_t>(block.exponent + 127) << 23);
  return static_cast<float>(2 * signed_byte + 1) * scale;
}

/// A block a row.
template <class T>
__global__ void counter_weights_kernel(CounterBlock block, T* out) {
  const std::int64_t row = blockIdx.x;
  const std::int64_t first = (block.row_begin + row) * block.width + block.column_begin;
  for (std::int64_t i = threadIdx.x; i < block.columns; i += kThreads)
    put(out[row * block.columns + i], weight_at(block, first + i));
}

}  // namespace

void counter_weights(CudaStream stream, const CounterBlock& block, bool narrow, void* out) {
  const dim3 grid(static_cast<unsigned>(block.rows));
  if (narrow)
    launch(counter_weights_kernel<bf16>, grid, kThreads, 0, stream, block, static_cast<bf16*>(out));
  else
    launch(counter_weights_kernel<float>, grid, kThreads, 0, stream, block,
           static_cast<float*>(out));
}

}  // namespace flm::cuda
