// What ceilings are measured with: on a device where one is, else on the emulation.
#include <cmath>

#include "engine/cuda/cuda_ceilings.h"
#include "engine/cuda/kernels/kernels.h"
#include "engine/cuda/runtime/device_pool.h"
#include "engine/cuda/runtime/scratch.h"
#include "tests/engine/cuda/cuda_fixture.h"

namespace flm::test {
namespace {

/// Small whole numbers: any order of the sums is exact.
TEST(CudaCeilings, EveryValueIsRead) {
  FLM_NEED_DEVICE();
  const Stream stream;
  DevicePool pool(stream, DevicePool::Takers::kSameStream);
  for (const std::int64_t count : {std::int64_t{4}, 4 * cuda::kReadSums + 12}) {
    std::vector<float> values(static_cast<std::size_t>(count));
    double expected = 0;
    for (std::size_t i = 0; i < values.size(); ++i)
      expected += static_cast<double>(values[i] = static_cast<float>(i % 7));
    const Scratch memory(pool, stream, values.data(), count * 4),
        sums(pool, stream, cuda::kReadSums * 4);
    cuda::read_all(stream, memory.as<float>(), count, sums.as<float>());
    std::vector<float> found(cuda::kReadSums);
    copy_to_host(found.data(), sums.as<void>(), cuda::kReadSums * 4, stream);
    stream.wait();
    double total = 0;
    for (const float sum : found) total += static_cast<double>(sum);
    EXPECT_EQ(total, expected) << count;
  }
}

TEST(CudaCeilings, AllAreMeasured) {
  FLM_NEED_DEVICE();
  const CudaCeilings ceilings = measure_cuda_ceilings(0, {1 << 16, 256, 0.01, true});
  for (const double rate :
       {ceilings.copy_bytes, ceilings.read_bytes, ceilings.bf16_flops,
        ceilings.bf16_sustained_flops, ceilings.fp32_flops, ceilings.host_to_device_bytes}) {
    EXPECT_GT(rate, 0);
    EXPECT_TRUE(std::isfinite(rate));
  }
}

}  // namespace
}  // namespace flm::test
