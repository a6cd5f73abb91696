// Engines of two devices in one thread. The emulation refuses launches and events of another device
// than the stream's, as a driver does.
#include <gtest/gtest.h>

#include "engine/cuda/runtime/runtime.h"
#include "tests/engine/cuda/cuda_fixture.h"
#include "tests/engine/cuda/emulation/stream_queue.h"

namespace flm::test {
namespace {

class TwoDevices : public ::testing::Test {
 protected:
  void SetUp() override { emulation::set_device(2, std::int64_t{4} << 30); }
  void TearDown() override {
    use_device(0);
    emulation::set_device(1, std::int64_t{4} << 30);
  }
  static std::vector<ScoreRequest> requests() { return {{{5, 6, 7, 8}, 1, 0}, {{5, 9}, 1, 0}}; }
  static std::unique_ptr<Engine> open(const std::string& device) {
    static SilentProgress silent;
    EngineOptions options;
    options.model = "synthetic:tiny";
    options.device = device;
    options.threads = 2;
    return Engine::open(options, silent);
  }
};

TEST_F(TwoDevices, EnginesTakeTurns) {
  auto first = open("cuda:0"), second = open("cuda:1");
  const auto expected = score_all(*first, requests());
  for (Engine* engine : {second.get(), first.get(), second.get()}) {
    const auto found = score_all(*engine, requests());
    for (std::size_t i = 0; i < found.size(); ++i)
      EXPECT_EQ(found[i].logprobs, expected[i].logprobs) << i;
  }
  first.reset();  // while the thread is on the other one's device
  score_all(*second, requests());
  use_device(0);
  second.reset();
}

}  // namespace
}  // namespace flm::test
