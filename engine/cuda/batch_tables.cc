#include "engine/cuda/batch_tables.h"

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

BatchLayout::BatchLayout(const PackedBatch& batch, std::size_t tile_count) {
  const std::size_t rows = batch.ids.size();
  positions = 0;
  slots = positions + rows;
  path_begin = slots + rows;
  path_count = path_begin + rows;
  tiles = path_count + rows;
  segments = tiles + tile_count * kWords<cuda::QueryTile>;
  words = segments + batch.segments.size() * kWords<KvSegment>;
}

void write_tables(const PackedBatch& batch, const std::vector<cuda::QueryTile>& tiles,
                  const BatchLayout& layout, std::int32_t* out) {
  std::copy(batch.positions.begin(), batch.positions.end(), out + layout.positions);
  std::copy(batch.slots.begin(), batch.slots.end(), out + layout.slots);
  std::copy(batch.path_begin.begin(), batch.path_begin.end(), out + layout.path_begin);
  std::copy(batch.path_count.begin(), batch.path_count.end(), out + layout.path_count);
  copy_words(batch.segments, out + layout.segments);
  copy_words(tiles, out + layout.tiles);
}

}  // namespace flm
