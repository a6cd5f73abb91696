// What the pool keeps, and when it gives memory back.
#include "engine/cuda/runtime/device_pool.h"

#include <gtest/gtest.h>

#include "base/errors.h"
#include "tests/engine/cuda/emulation/stream_queue.h"

namespace flm::test {
namespace {

class DevicePools : public ::testing::TestWithParam<DevicePool::Takers> {
 protected:
  void SetUp() override { emulation::set_device(1, emulation::device_use().bytes + 8192); }
  void TearDown() override { emulation::set_device(1, std::int64_t{4} << 30); }
};

/// A block goes when the device has no more, and not before the work that reads it has run: the
/// emulation's cudaFree waits for nothing.
TEST_P(DevicePools, MemoryIsFreedBehindItsLastUse) {
  const Stream user, other;
  DevicePool pool(user, GetParam());
  const CudaStream taker = GetParam() == DevicePool::Takers::kSameStream ? user : other;
  void* first = pool.acquire(4096, taker);
  clear_on_device(first, 4096, user);
  pool.release(first);
  void* second = pool.acquire(8192, taker);
  EXPECT_EQ(pool.frees(), 1);
  pool.release(second);
  const bool same = GetParam() == DevicePool::Takers::kSameStream;
  EXPECT_EQ(pool.acquire(same ? 5000 : 8100, taker), second) << "half of it, or rounded to it";
  EXPECT_EQ(pool.frees(), 1);
  pool.release(second);
  user.wait();
}

/// A thread that works for another device meanwhile releases and takes: the emulation refuses an
/// event of one device on a stream of another.
TEST_P(DevicePools, MemoryStaysOnTheDeviceOfItsStream) {
  emulation::set_device(2, emulation::device_use().bytes + 8192);
  use_device(1);
  {
    const Stream user, other;
    EXPECT_EQ(user.device(), 1);
    DevicePool pool(user, GetParam());
    const CudaStream taker = GetParam() == DevicePool::Takers::kSameStream ? user : other;
    use_device(0);
    void* block = pool.acquire(4096, taker);
    pool.release(block);
    EXPECT_EQ(pool.acquire(4096, taker), block) << "it was freed: no event could be recorded";
    pool.release(block);
    EXPECT_EQ(pool.frees(), 0);
    const Stream here;
    EXPECT_EQ(here.device(), 0) << "the thread has its own device again";
    user.wait();
  }
  use_device(0);
}

/// A batch of streamed weights takes what the plan leaves; a smaller one before it leaves blocks
/// that are too large for most of it, and each in the wrong place.
TEST(DevicePoolSizes, ALargerBatchBehindASmallerOneStaysWithinThePlan) {
  constexpr std::int64_t kib = 1024, first = 100, second = 153;  // rows
  const std::vector<std::int64_t> row_bytes = {32 * kib, 16 * kib, 96 * kib, 32 * kib, 16 * kib};
  constexpr std::int64_t kSmall = 4 * kib;
  std::int64_t planned = 0;
  for (const std::int64_t bytes : row_bytes) planned += second * bytes;
  const std::int64_t before = emulation::device_use().bytes;
  emulation::set_device(1, before + planned + planned / 16 + std::ssize(row_bytes) * kSmall);
  const auto run_batches = [&] {
    const Stream stream;
    DevicePool pool(stream, DevicePool::Takers::kSameStream, kSmall);
    for (const std::int64_t rows : {first, second, second / 3, second}) {
      std::vector<void*> blocks;
      for (const std::int64_t bytes : row_bytes)
        blocks.push_back(pool.acquire(rows * bytes, stream));
      for (void* block : blocks) pool.release(block);
    }
    stream.wait();
  };
  EXPECT_NO_THROW(run_batches()) << "the device has no more than the plan says";
  emulation::set_device(1, std::int64_t{4} << 30);
}

TEST(DeviceGuards, AnOrdinalThatIsNotThereIsTheUsersError) {
  EXPECT_THROW(DeviceGuard(7), UserError);
  const Stream here;
  EXPECT_EQ(here.device(), 0);
}

INSTANTIATE_TEST_SUITE_P(Takers, DevicePools,
                         ::testing::Values(DevicePool::Takers::kSameStream,
                                           DevicePool::Takers::kOtherStreams));

}  // namespace
}  // namespace flm::test
