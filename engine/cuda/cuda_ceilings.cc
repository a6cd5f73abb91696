// What a device can do at most, measured by plain traffic and by large products.
#include "engine/cuda/cuda_ceilings.h"

#include <algorithm>
#include <functional>

#include "base/clock.h"
#include "engine/cuda/device_pool.h"
#include "engine/cuda/gemm.h"
#include "engine/cuda/kernels.h"
#include "engine/cuda/runtime.h"
#include "engine/cuda/scratch.h"

namespace flm {
namespace {

constexpr int kRuns = 10, kCalls = 4;  // several calls at a time: the host's wait counts little

/// Least seconds of one call.
double best_seconds(const Stream& stream, const std::function<void()>& call) {
  double best = 0;
  for (int run = 0; run <= kRuns; ++run) {  // the first is not counted
    stream.wait();
    const double begin = monotonic_seconds();
    for (int i = 0; i < kCalls; ++i) call();
    stream.wait();
    const double seconds = (monotonic_seconds() - begin) / kCalls;
    if (run > 0) best = best > 0 ? std::min(best, seconds) : seconds;
  }
  return best;
}

/// Pseudo-random bf16, for zeros cost less power. Whole rows of 4 KiB.
void fill(void* memory, std::int64_t bytes, const Stream& stream) {
  constexpr std::int64_t kWidth = 2048;
  cuda::CounterBlock block;
  block.key = 1234;
  block.width = block.columns = kWidth;
  block.rows = bytes / (2 * kWidth);
  cuda::counter_weights(stream, block, true, memory);
}

}  // namespace

CudaCeilings measure_cuda_traffic(int device, std::int64_t bytes) {
  use_device(device);
  const Stream stream;
  DevicePool pool(stream, DevicePool::Takers::kSameStream);
  bytes = bytes / 4096 * 4096;
  const std::int64_t floats = bytes / 4;
  const Scratch from(pool, stream, bytes), to(pool, stream, bytes),
      sums(pool, stream, cuda::kReadSums * 4);
  fill(from.as<void>(), bytes, stream);
  const auto moved = static_cast<double>(bytes);
  CudaCeilings ceilings;
  ceilings.copy_bytes = 2 * moved / best_seconds(stream, [&] {
                          copy_within_device(to.as<void>(), from.as<void>(), bytes, stream);
                        });
  ceilings.read_bytes = moved / best_seconds(stream, [&] {
                          cuda::read_all(stream, from.as<float>(), floats, sums.as<float>());
                        });
  return ceilings;
}

CudaCeilings measure_cuda_ceilings(int device, const CeilingSizes& sizes) {
  CudaCeilings ceilings = measure_cuda_traffic(device, sizes.traffic_bytes);
  const std::int64_t n = sizes.product;
  const double flops =
      2.0 * static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(n);
  ceilings.bf16_flops = flops / fastest_gemm_seconds({n, n, true}, n);
  ceilings.fp32_flops = flops / fastest_gemm_seconds({n, n, false}, n);
  return ceilings;
}

}  // namespace flm
