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

}  // namespace

CudaCeilings measure_cuda_ceilings(int device, const CeilingSizes& sizes) {
  use_device(device);
  CudaCeilings ceilings;
  {
    const Stream stream;
    DevicePool pool(stream, DevicePool::Takers::kSameStream);
    const std::int64_t bytes = sizes.traffic_bytes / 16 * 16, floats = bytes / 4;
    const Scratch from(pool, stream, bytes), to(pool, stream, bytes),
        sums(pool, stream, cuda::kReadSums * 4);
    clear_on_device(from.as<void>(), bytes, stream);
    const auto moved = static_cast<double>(bytes);
    ceilings.copy_bytes = 2 * moved / best_seconds(stream, [&] {
                            copy_within_device(to.as<void>(), from.as<void>(), bytes, stream);
                          });
    ceilings.read_bytes = moved / best_seconds(stream, [&] {
                            cuda::read_all(stream, from.as<float>(), floats, sums.as<float>());
                          });
  }
  const std::int64_t n = sizes.product;
  const double flops =
      2.0 * static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(n);
  ceilings.bf16_flops = flops / fastest_gemm_seconds({n, n, true}, n);
  ceilings.fp32_flops = flops / fastest_gemm_seconds({n, n, false}, n);
  return ceilings;
}

}  // namespace flm
