// Operations of the CUDA backend, measured by events: the same bits, and times that fit in the
// wall.
#include <gtest/gtest.h>

#include "base/system/clock.h"
#include "engine/backend/timed_backend.h"
#include "engine/cuda/runtime/cuda_clock.h"
#include "tests/engine/backend/backend_operations.h"
#include "tests/engine/cuda/cuda_fixture.h"

namespace flm::test {
namespace {

TEST(CudaTimes, OperationsHaveTheSameBits) {
  FLM_NEED_DEVICE();
  for (const bool bf16 : {false, true}) {
    const auto log = std::make_shared<OperationLog>();
    const auto plain = cuda_backend(bf16);
    const auto timed = make_timed_backend(cuda_backend(bf16), log);
    const auto expected = BackendOperations(*plain).run();
    const double start = monotonic_seconds();
    EXPECT_EQ(BackendOperations(*timed).run(), expected);
    const double wall = monotonic_seconds() - start;
    const OperationTimes times = log->times();
    EXPECT_GT(times.seconds(), 0);
    EXPECT_LE(times.seconds(), wall);
    EXPECT_EQ(times.plain_steps, 3);
    bool weight_seen = false;
    for (const OperationTime& one : times.operations)
      if (one.name == "product 24 x 16 (norm), few rows") {
        weight_seen = true;
        EXPECT_EQ(one.bytes, 4 * (5 * 16 + 5 * 24) + (bf16 ? 2 : 4) * 24 * 16);
      }
    EXPECT_TRUE(weight_seen);
  }
}

TEST(CudaTimes, AnEnginesResultsAreTheSame) {
  FLM_NEED_DEVICE();
  static SilentProgress silent;
  EngineOptions options;
  options.model = "synthetic:tiny";
  options.device = "cuda";
  options.threads = 2;
  const auto plain = Engine::open(options, silent);
  options.time_operations = true;
  const auto timed = Engine::open(options, silent);
  const auto requests = few_requests(plain->info());
  const auto expected = score_all(*plain, requests), found = score_all(*timed, requests);
  for (std::size_t i = 0; i < requests.size(); ++i)
    EXPECT_EQ(found[i].logprobs, expected[i].logprobs) << i;
  EXPECT_LE(timed->operation_times().seconds(), timed->counters().seconds);
}

TEST(CudaTimes, AClockKeepsTheOrderAndForgetsWhatNeverEnded) {
  FLM_NEED_DEVICE();
  const Stream stream;
  CudaClock clock(stream);
  EXPECT_TRUE(clock.take().empty());
  for (int round = 0; round < 2; ++round) {
    clock.begin("one that fails");
    for (int i = 0; i < 3; ++i) {
      clock.begin("one");
      clock.end();
    }
    const std::vector<double> seconds = clock.take();
    ASSERT_EQ(seconds.size(), 3u);
    for (double one : seconds) EXPECT_GE(one, 0);
  }
}

}  // namespace
}  // namespace flm::test
