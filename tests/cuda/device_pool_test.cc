// What the pool keeps, and what it gives up for it.
#include "engine/cuda/device_pool.h"

#include <gtest/gtest.h>

#include "tests/cuda/emulation/stream_queue.h"

namespace flm::test {
namespace {

TEST(DevicePool, GrowingRequestsLeaveNoRowOfOutgrownBlocks) {
  const Stream stream;
  DevicePool pool(stream, DevicePool::Takers::kSameStream);
  const std::int64_t before = emulation::device_use().bytes;
  for (std::int64_t bytes = 4096; bytes <= 65536; bytes += 1024)
    pool.release(pool.acquire(bytes, stream));
  EXPECT_LE(emulation::device_use().bytes - before, 65536 + 32768);
  EXPECT_GT(pool.frees(), 0);
}

TEST(DevicePool, BlocksThatAreInUseTogetherStay) {
  const Stream stream;
  DevicePool pool(stream, DevicePool::Takers::kSameStream);
  for (int round = 0; round < 3; ++round) {
    const std::int64_t allocations = emulation::device_use().allocations;
    void* all[3];
    for (int i = 0; i < 3; ++i) all[i] = pool.acquire(4096 + i * 1024, stream);
    for (void* memory : all) pool.release(memory);
    if (round > 0) {
      EXPECT_EQ(emulation::device_use().allocations, allocations);
    }
  }
  EXPECT_EQ(pool.frees(), 0);
}

}  // namespace
}  // namespace flm::test
