// How rows go together in query tiles.
#include "engine/cuda/attention/batch_tables.h"

#include <gtest/gtest.h>

namespace flm::test {
namespace {

/// A batch of one row for each path: its last position.
PackedBatch ends_of(const std::vector<std::vector<KvSegment>>& paths) {
  PackedBatch batch;
  for (const std::vector<KvSegment>& path : paths) {
    batch.ids.push_back(0);
    batch.path_begin.push_back(static_cast<std::int32_t>(batch.segments.size()));
    batch.path_count.push_back(static_cast<std::int32_t>(path.size()));
    batch.positions.push_back(path.back().position + path.back().length - 1);
    batch.slots.push_back(path.back().slot + path.back().length - 1);
    batch.segments.insert(batch.segments.end(), path.begin(), path.end());
  }
  return batch;
}

TEST(QueryTiles, ConsecutiveRowsOfOnePathGoTogether) {
  PackedBatch batch;
  batch.segments = {{0, 0, 5}, {7, 0, 2}};
  batch.ids.resize(5);
  batch.positions = {0, 1, 2, 4, 0};
  batch.slots = {0, 1, 2, 4, 7};
  batch.path_begin = {0, 0, 0, 0, 1};
  batch.path_count = {1, 1, 1, 1, 1};
  const auto tiles = query_tiles(batch, 2);
  ASSERT_EQ(tiles.size(), 4u);
  const std::vector<std::int32_t> rows = {2, 1, 1, 1}, positions = {0, 2, 4, 0};
  for (std::size_t t = 0; t < tiles.size(); ++t) {
    EXPECT_EQ(tiles[t].rows, rows[t]);
    EXPECT_EQ(tiles[t].position, positions[t]);
    EXPECT_EQ(tiles[t].key_tiles + tiles[t].first_key_tile, 0);
  }
}

TEST(SharedTiles, AreOfTheKeysThatAllRowsShare) {
  // A stem of 300 keys; the second and third share 100 more, in pages of their own.
  const PackedBatch batch = ends_of({{{0, 0, 300}, {1000, 300, 5}},
                                     {{0, 0, 300}, {400, 300, 100}, {2000, 400, 9}},
                                     {{0, 0, 200}, {200, 200, 100}, {400, 300, 130}},
                                     {{5000, 0, 700}},
                                     {{0, 0, 64}, {3000, 64, 1}},
                                     {{0, 0, 63}, {3100, 63, 9}}});
  auto own = query_tiles(batch, 16);
  const auto shared = shared_tiles(batch, 16, own);
  ASSERT_EQ(shared.size(), 1u) << "nothing of the fourth, and less than a tile of the last two";
  EXPECT_EQ(shared[0].row, 0);
  EXPECT_EQ(shared[0].rows, 3);
  EXPECT_EQ(shared[0].key_tiles, 300 / 64);
  const std::vector<std::int32_t> first = {4, 4, 4, 0, 0, 0};
  for (std::size_t t = 0; t < own.size(); ++t) EXPECT_EQ(own[t].first_key_tile, first[t]) << t;
}

TEST(SharedTiles, EndWhereMuchLessIsShared) {
  // Two pairs that share 640 keys each, and 128 with one another.
  const PackedBatch batch = ends_of({{{0, 0, 640}, {1000, 640, 1}},
                                     {{0, 0, 640}, {1001, 640, 2}},
                                     {{0, 0, 128}, {2000, 128, 512}, {3000, 640, 1}},
                                     {{0, 0, 128}, {2000, 128, 512}, {3001, 640, 1}}});
  auto own = query_tiles(batch, 16);
  const auto shared = shared_tiles(batch, 16, own);
  ASSERT_EQ(shared.size(), 2u);
  for (const cuda::QueryTile& tile : shared) {
    EXPECT_EQ(tile.rows, 2);
    EXPECT_EQ(tile.key_tiles, 10);
  }
  auto few = query_tiles(batch, 1);
  EXPECT_TRUE(shared_tiles(batch, 1, few).empty());
}

}  // namespace
}  // namespace flm::test
