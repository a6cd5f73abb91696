// The width of query tiles.
#include "engine/cuda/attention/device_batch.h"

#include <gtest/gtest.h>

namespace flm::test {
namespace {

/// Of 300 rows of one path with heads of so many elements, on a device that lends a block so much.
int width_of_tiles(int head_dim, std::int64_t shared_bytes) {
  const Stream stream;
  DevicePool pool(stream, DevicePool::Takers::kSameStream);
  PackedBatch rows;
  rows.segments = {{0, 0, 300}};
  for (std::int32_t r = 0; r < 300; ++r) {
    rows.ids.push_back(0);
    rows.positions.push_back(r);
    rows.slots.push_back(r);
    rows.path_begin.push_back(0);
    rows.path_count.push_back(1);
  }
  DeviceBatch batch(pool, stream, shared_bytes);
  batch.begin(rows);
  batch.cut({2, 2, head_dim});
  return batch.tiles().queries;
}

TEST(DeviceBatch, TilesAreAsWideAsTheDevicesSharedMemoryAllows) {
  constexpr std::int64_t kOfAnH100 = 227 * 1024, kOfCapability86 = 99 * 1024;
  EXPECT_EQ(width_of_tiles(128, kOfAnH100), cuda::kWideQueries);
  EXPECT_EQ(width_of_tiles(128, kOfCapability86), cuda::kMediumQueries);
  EXPECT_EQ(width_of_tiles(64, kOfCapability86), cuda::kWideQueries);
  EXPECT_EQ(width_of_tiles(256, kOfAnH100), cuda::kNarrowQueries);
  for (const int width : {cuda::kWideQueries, cuda::kMediumQueries, cuda::kNarrowQueries})
    EXPECT_LE(cuda::attention_shared_bytes(128, width), kOfAnH100);
  EXPECT_LE(cuda::attention_shared_bytes(128, cuda::kNarrowQueries), kOfCapability86);
}

}  // namespace
}  // namespace flm::test
