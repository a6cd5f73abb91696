// The order in which attention's tiles start: which comes first, and what it is worth on a device
// of 264 places for blocks (two a multiprocessor of an H100).
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <queue>
#include <vector>

#include "engine/cuda/attention/batch_tables.h"

namespace flm::test {
namespace {

constexpr int kPlaces = 264, kHeads = 64;  // Tele-FLM 52B's
constexpr std::int64_t kPrologue = 2;      // key tiles that a block's beginning and end take

/// Tiles of rows of texts of so many tokens each.
std::vector<cuda::QueryTile> tiles_of(std::int32_t texts, std::int32_t length) {
  std::vector<cuda::QueryTile> tiles;
  for (std::int32_t text = 0; text < texts; ++text)
    for (std::int32_t first = 0; first < length; first += cuda::kWideQueries)
      tiles.push_back({text * length + first, cuda::kWideQueries, first, text, 1});
  return tiles;
}

std::int64_t key_tiles(const cuda::QueryTile& tile) {
  return (tile.position + tile.rows) / cuda::kTileKeys;
}

/// Share of the places' time, until the last block ends, that scores of keys which a query sees
/// take. Each block takes the place that is free first, as the hardware gives them out; `sections`
/// heads at a time.
double efficiency(const std::vector<cuda::QueryTile>& tiles, int section) {
  std::priority_queue<std::int64_t, std::vector<std::int64_t>, std::greater<>> free_at;
  for (int place = 0; place < kPlaces; ++place) free_at.push(0);
  std::int64_t end = 0, useful = 0;
  for (int head = 0; head < kHeads; head += section)
    for (const cuda::QueryTile& tile : tiles)
      for (int h = 0; h < section; ++h) {
        const std::int64_t done = free_at.top() + key_tiles(tile) + kPrologue;
        free_at.pop();
        free_at.push(done);
        end = std::max(end, done);
        for (std::int32_t row = 0; row < tile.rows; ++row) useful += tile.position + row + 1;
      }
  return static_cast<double>(useful) / (cuda::kWideQueries * cuda::kTileKeys) /
         static_cast<double>(kPlaces * end);
}

TEST(TileOrder, LongestFirstInSectionsOfHeadsFillsTheDevice) {
  struct Expected {
    std::int32_t length;
    double before, after;
  };
  // Written down from an independent simulation; docs/gpu.md states them.
  for (const auto& [length, before, after] :
       {Expected{2048, 0.65, 0.82}, {4096, 0.79, 0.91}, {8192, 0.88, 0.955}}) {
    auto tiles = tiles_of(1, length);
    EXPECT_NEAR(efficiency(tiles, 1), before, 0.005) << length;
    order_longest_first(tiles);
    EXPECT_NEAR(efficiency(tiles, cuda::heads_of_a_section(kHeads)), after, 0.005) << length;
  }
}

TEST(TileOrder, TilesStayNearThoseOfTheSameKeys) {
  auto tiles = tiles_of(3, 2048);
  order_longest_first(tiles);
  ASSERT_EQ(tiles.size(), 48u);
  for (std::size_t t = 0; t < 32; ++t) {
    EXPECT_EQ(tiles[t].path_begin, static_cast<std::int32_t>(t % 2)) << "the first 4096 rows";
    EXPECT_EQ(tiles[t].position, 2048 - 128 * (static_cast<std::int32_t>(t / 2) + 1));
  }
  for (std::size_t t = 32; t < 48; ++t) EXPECT_EQ(tiles[t].path_begin, 2);
}

TEST(TileOrder, KeysThatASharedTileTookDoNotCount) {
  std::vector<cuda::QueryTile> tiles = {{0, 1, 70, 0, 1}, {1, 1, 700, 1, 1, 10}, {2, 1, 130, 2, 1}};
  order_longest_first(tiles);
  EXPECT_EQ(tiles[0].row, 2);  // three tiles of keys
  EXPECT_EQ(tiles[1].row, 0);  // two
  EXPECT_EQ(tiles[2].row, 1);  // one of eleven
}

TEST(TileOrder, SectionsDivideTheHeads) {
  for (const auto& [heads, section] : {std::pair{64, 16}, {8, 8}, {20, 10}, {1, 1}, {17, 1}})
    EXPECT_EQ(cuda::heads_of_a_section(heads), section) << heads;
}

}  // namespace
}  // namespace flm::test
