// Page-locked weights: one copy for all devices that stream them.
#include "engine/cuda/locked_weights.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/engine/cuda/emulation/stream_queue.h"

namespace flm::test {
namespace {

TEST(LockedWeights, AreFilledOnceForAllWhoAsk) {
  const std::int64_t before = emulation::device_use().pinned_bytes;
  LockedWeights locked(1000);
  std::atomic<int> filled = 0;
  std::vector<const PinnedMemory*> found(4);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < found.size(); ++t)
    threads.emplace_back([&, t] {
      found[t] = locked.find({"w", 0, 2, 0, 3}, 600, [&](std::byte*) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        ++filled;
      });
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(filled, 1);
  for (const PinnedMemory* memory : found) EXPECT_EQ(memory, found.front());
  EXPECT_EQ(emulation::device_use().pinned_bytes - before, 600);
}

TEST(LockedWeights, StopWhereTheBytesAreUsedUp) {
  LockedWeights locked(1000);
  const auto nothing = [](std::byte*) {};
  EXPECT_TRUE(locked.find({"a", 0, 1, 0, 1}, 600, nothing));
  EXPECT_FALSE(locked.find({"b", 0, 1, 0, 1}, 600, nothing));
  EXPECT_TRUE(locked.find({"c", 0, 1, 0, 1}, 400, nothing));
  EXPECT_TRUE(locked.find({"a", 0, 1, 0, 1}, 600, nothing));
}

TEST(LockedWeights, AreFilledByTheNextWhereOneFails) {
  LockedWeights locked(1000);
  const LockedWeights::Slice slice{"w", 0, 1, 0, 1};
  EXPECT_THROW(
      (void)locked.find(slice, 600, [](std::byte*) { throw std::runtime_error("unreadable"); }),
      std::runtime_error);
  int filled = 0;
  EXPECT_TRUE(locked.find(slice, 600, [&](std::byte*) { ++filled; }));
  EXPECT_EQ(filled, 1);
}

}  // namespace
}  // namespace flm::test
