// The whole --device cuda path over the emulation: in fp32 it gives the CPU engine's bits.
#include <optional>

#include "stream_queue.h"
#include "tests/cuda/cuda_fixture.h"

namespace flm::test {
namespace {

TEST(CudaFp32, GivesTheCpuBackendsBits) {
  FLM_NEED_SHARED();
  for (const std::string& name : kCheckpoints) {
    const auto cpu = open_engine(checkpoint(name));
    const auto requests = few_requests(cpu->info().vocab_rows);
    const auto expected = score_all(*cpu, requests);
    EXPECT_EQ(
        differences(expected, score_all(*open_cuda(checkpoint(name), Precision::kFp32), requests)),
        0)
        << name;
  }
}

}  // namespace
}  // namespace flm::test
