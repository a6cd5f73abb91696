// A packed batch as the kernels read it: one block of integers, uploaded once a batch.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/backend/batch.h"
#include "engine/cuda/attention/attention.h"

namespace flm {

/// Rows that attention takes together: consecutive rows of one path, at most `most` of them.
std::vector<cuda::QueryTile> query_tiles(const PackedBatch& batch, std::int32_t most);

/// Tiles of `own`, one after the other, whose paths begin with the same slots, taken together up to
/// `most` rows: one tile of the key tiles that all of them share, which then come first for each of
/// `own`. One joins while at least half of the shared keys stay.
std::vector<cuda::QueryTile> shared_tiles(const PackedBatch& batch, std::int32_t most,
                                          std::vector<cuda::QueryTile>& own);

/// Puts the tiles with most keys first, so that those that start last are short and all
/// multiprocessors end at about the same time. Tiles of about kOrderedRows rows at a time: a tile
/// stays near those that read the same keys, which the second-level cache holds for it.
inline constexpr std::int32_t kOrderedRows = 4096;
void order_longest_first(std::vector<cuda::QueryTile>& own);

/// Where each table lies in the block, in 4-byte words.
struct BatchLayout {
  BatchLayout(const PackedBatch& batch, std::size_t tiles, std::size_t shared_tiles);
  std::size_t positions, slots, path_begin, path_count, tiles, shared, segments, words;  // segments
  // last: where the others lie follows from the numbers of rows and tiles
};

/// Fills `words` words at `out`.
void write_tables(const PackedBatch& batch, const std::vector<cuda::QueryTile>& tiles,
                  const std::vector<cuda::QueryTile>& shared, const BatchLayout& layout,
                  std::int32_t* out);

}  // namespace flm
