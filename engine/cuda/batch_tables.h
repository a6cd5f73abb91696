// A packed batch as the kernels read it: one block of integers, uploaded once a batch.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/batch.h"
#include "engine/cuda/kernels.h"

namespace flm {

/// Rows that attention takes together: consecutive rows of one path, at most `most` of them.
std::vector<cuda::QueryTile> query_tiles(const PackedBatch& batch, std::int32_t most);

/// Where each table lies in the block, in 4-byte words.
struct BatchLayout {
  BatchLayout(const PackedBatch& batch, std::size_t tiles);
  std::size_t positions, slots, path_begin, path_count, tiles, segments, words;  // segments last:
  // where the others lie follows from the numbers of rows and tiles
};

/// Fills `words` words at `out`.
void write_tables(const PackedBatch& batch, const std::vector<cuda::QueryTile>& tiles,
                  const BatchLayout& layout, std::int32_t* out);

}  // namespace flm
