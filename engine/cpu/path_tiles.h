// The keys and values of one path and one head, gathered into tiles cut at absolute positions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/cpu/kernels.h"
#include "engine/cpu/large_buffer.h"

namespace flm {

/// K/V that a backend call brings lie row by row: tiles are copies, and following one path after
/// another copies only what differs from the path before, so that in depth-first order a shared
/// prefix is gathered once. Stored ones (store_kv) lie in pages of 64 slots aligned to the
/// position, keys and values in the order of a tile, so that a tile is a part of a page as it is.
/// One thread at a time.
class PathTiles {
 public:
  /// `longest`: positions of the longest path to come.
  PathTiles(const PackedBatch& batch, const AttentionArgs& args, int kv_head, std::int32_t longest);

  /// Makes positions 0 .. batch.positions[row] those of the row's path.
  void follow(std::int32_t row);
  AttentionTile tile(std::int32_t index) const;

 private:
  /// Makes positions [begin, end) those of the slots `to_slot` further.
  void gather(std::int32_t to_slot, std::int32_t begin, std::int32_t end);
  void copy_keys(std::int32_t position, std::int32_t slot, std::int32_t count);
  void copy_values(std::int32_t position, std::int32_t slot);

  const PackedBatch& batch_;
  const AttentionArgs& args_;
  int kv_head_, value_columns_;
  bool in_place_;                    // tiles are pages
  std::vector<std::int32_t> slots_;  // slot gathered at each position; in place: first of each tile
  // Uninitialised behind the path's end: no query sees keys there.
  FloatBuffer keys_;    // [tiles][head_dim][64]
  FloatBuffer values_;  // [tiles][value_columns / 16][64][16]
};

/// Where key element `column` of a stored slot lies: pages of [columns][64].
inline std::int64_t stored_key(std::int64_t slot, std::int64_t column, std::int64_t width) {
  return (slot / kKeyTile * width + column) * kKeyTile + slot % kKeyTile;
}

/// The same for values: pages of [columns / 16][64][16], the last block as wide as what is left.
inline std::int64_t stored_value(std::int64_t slot, std::int64_t column, std::int64_t width) {
  const std::int64_t block = column / 16 * 16;
  const std::int64_t lanes = width - block < 16 ? width - block : 16;
  return slot / kKeyTile * width * kKeyTile + block * kKeyTile + slot % kKeyTile * lanes +
         column % 16;
}

}  // namespace flm
