// What a device can do at most, measured by plain traffic and by large products.
#include "engine/cuda/cuda_ceilings.h"

#include <cstring>
#include <memory>

#include "engine/cuda/kernels/kernels.h"
#include "engine/cuda/products/gemm_search.h"
#include "engine/cuda/products/sustained_products.h"
#include "engine/cuda/runtime/best_seconds.h"
#include "engine/cuda/runtime/device_pool.h"
#include "engine/cuda/runtime/runtime.h"
#include "engine/cuda/runtime/scratch.h"

namespace flm {
namespace {

constexpr int kRuns = 10, kCalls = 4;
constexpr std::uint64_t kDataKey = 3;

void measure_traffic(std::int64_t traffic_bytes, CudaCeilings& ceilings) {
  const Stream stream;
  DevicePool pool(stream, DevicePool::Takers::kSameStream);
  const std::int64_t bytes = traffic_bytes / 16 * 16, floats = bytes / 4;
  const Scratch from(pool, stream, bytes), to(pool, stream, bytes),
      sums(pool, stream, cuda::kReadSums * 4);
  cuda::pseudo_random(stream, kDataKey, floats, false, from.as<void>());
  const auto moved = static_cast<double>(bytes);
  ceilings.copy_bytes = 2 * moved / best_seconds(stream, kRuns, kCalls, [&] {
                          copy_within_device(to.as<void>(), from.as<void>(), bytes, stream);
                        });
  ceilings.read_bytes = moved / best_seconds(stream, kRuns, kCalls, [&] {
                          cuda::read_all(stream, from.as<float>(), floats, sums.as<float>());
                        });
  const auto locked = PinnedMemory::of(bytes);
  std::memset(locked->data(), 0x5A, static_cast<std::size_t>(bytes));
  ceilings.host_to_device_bytes = moved / best_seconds(stream, kRuns, kCalls, [&] {
                                    copy_to_device(to.as<void>(), locked->data(), bytes, stream);
                                  });
}

}  // namespace

CudaCeilings measure_cuda_ceilings(int device, const CeilingSizes& sizes) {
  use_device(device);
  CudaCeilings ceilings;
  measure_traffic(sizes.traffic_bytes, ceilings);
  const std::unique_ptr<GemmLibrary> library = make_gemm_library();
  const std::int64_t n = sizes.product;
  const auto side = static_cast<double>(n);
  const double flops = 2 * side * side * side;
  ceilings.bf16_flops = flops / fastest_gemm(*library, {n, n, true}, n).seconds;
  ceilings.bf16_sustained_flops =
      sustained_flops(*library, {sizes.sustained_seconds, n}, nullptr, [](const auto&) {});
  if (sizes.fp32) ceilings.fp32_flops = flops / fastest_gemm(*library, {n, n, false}, n).seconds;
  return ceilings;
}

}  // namespace flm
