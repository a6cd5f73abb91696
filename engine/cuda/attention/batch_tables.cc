#include "engine/cuda/attention/batch_tables.h"

#include <algorithm>
#include <cstring>

namespace flm {
namespace {

template <class T>
constexpr std::size_t kWords = sizeof(T) / sizeof(std::int32_t);

template <class T>
void copy_words(const std::vector<T>& from, std::int32_t* out) {
  if (!from.empty()) std::memcpy(out, from.data(), from.size() * sizeof(T));
}

/// Keys from position 0 on that lie in the same slots for both rows, none of them their own.
std::int32_t shared_keys(const PackedBatch& batch, std::int32_t a, std::int32_t b) {
  return shared_slots(batch, a, b,
                      std::min(batch.positions[static_cast<std::size_t>(a)],
                               batch.positions[static_cast<std::size_t>(b)]));
}

/// Key tiles that a tile takes in.
std::int32_t key_tiles_of(const cuda::QueryTile& tile) {
  return (tile.position + tile.rows - 1) / cuda::kTileKeys + 1 - tile.first_key_tile;
}

}  // namespace

std::vector<cuda::QueryTile> query_tiles(const PackedBatch& batch, std::int32_t most) {
  std::vector<cuda::QueryTile> tiles;
  for (std::int32_t row = 0; row < batch.rows(); ++row) {
    const auto r = static_cast<std::size_t>(row);
    const bool joins = !tiles.empty() && tiles.back().rows < most &&
                       batch.path_begin[r] == tiles.back().path_begin &&
                       batch.path_count[r] == tiles.back().path_count &&
                       batch.positions[r] == tiles.back().position + tiles.back().rows;
    if (joins)
      ++tiles.back().rows;
    else
      tiles.push_back({row, 1, batch.positions[r], batch.path_begin[r], batch.path_count[r]});
  }
  return tiles;
}

std::vector<cuda::QueryTile> shared_tiles(const PackedBatch& batch, std::int32_t most,
                                          std::vector<cuda::QueryTile>& own) {
  std::vector<cuda::QueryTile> tiles;
  for (std::size_t first = 0, next; first < own.size(); first = next) {
    cuda::QueryTile tile = own[first];
    std::int32_t keys = tile.position;
    for (next = first + 1; next < own.size() && tile.rows + own[next].rows <= most; ++next) {
      const std::int32_t common = shared_keys(batch, tile.row, own[next].row);
      if (common < cuda::kTileKeys || common < (next == first + 1 ? 0 : keys / 2)) break;
      tile.rows += own[next].rows;
      keys = std::min(keys, common);
    }
    if (next == first + 1) continue;
    tile.key_tiles = keys / cuda::kTileKeys;
    tiles.push_back(tile);
    for (std::size_t t = first; t < next; ++t) own[t].first_key_tile = tile.key_tiles;
  }
  return tiles;
}

void order_longest_first(std::vector<cuda::QueryTile>& own) {
  const auto longer = [](const cuda::QueryTile& a, const cuda::QueryTile& b) {
    return key_tiles_of(a) > key_tiles_of(b);
  };
  for (auto first = own.begin(), next = first; first != own.end(); first = next) {
    std::int32_t rows = 0;
    while (next != own.end() && rows < kOrderedRows) rows += next++->rows;
    std::stable_sort(first, next, longer);
  }
}

BatchLayout::BatchLayout(const PackedBatch& batch, std::size_t tile_count,
                         std::size_t shared_count) {
  const std::size_t rows = batch.ids.size();
  positions = 0;
  slots = positions + rows;
  path_begin = slots + rows;
  path_count = path_begin + rows;
  tiles = path_count + rows;
  shared = tiles + tile_count * kWords<cuda::QueryTile>;
  segments = shared + shared_count * kWords<cuda::QueryTile>;
  words = segments + batch.segments.size() * kWords<KvSegment>;
}

void write_tables(const PackedBatch& batch, const std::vector<cuda::QueryTile>& tiles,
                  const std::vector<cuda::QueryTile>& shared, const BatchLayout& layout,
                  std::int32_t* out) {
  std::copy(batch.positions.begin(), batch.positions.end(), out + layout.positions);
  std::copy(batch.slots.begin(), batch.slots.end(), out + layout.slots);
  std::copy(batch.path_begin.begin(), batch.path_begin.end(), out + layout.path_begin);
  std::copy(batch.path_count.begin(), batch.path_count.end(), out + layout.path_count);
  copy_words(batch.segments, out + layout.segments);
  copy_words(tiles, out + layout.tiles);
  copy_words(shared, out + layout.shared);
}

}  // namespace flm
