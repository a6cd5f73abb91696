// The keys and values of one path and one head, gathered into tiles cut at absolute positions.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/cpu/kernels.h"
#include "engine/cpu/kv_layout.h"
#include "engine/cpu/large_buffer.h"

namespace flm {

/// K/V that a backend call brings lie row by row: tiles are copies, and following one path after
/// another copies only what differs from the path before, so that in depth-first order a shared
/// prefix is gathered once. Stored ones (store_kv) lie in pages in the order of a tile
/// (kv_layout.h), so that a tile is a part of a page as it is. `Word` is that of AttentionTile;
/// what comes row by row is rounded on the way to pairs. One thread at a time.
template <class Word>
class PathTiles {
 public:
  /// `longest`: positions of the longest path to come.
  PathTiles(const Kernels& kernels, const PackedBatch& batch, const AttentionArgs& args,
            int kv_head, std::int32_t longest);

  /// Makes positions 0 .. batch.positions[row] those of the row's path.
  void follow(std::int32_t row);
  AttentionTile<Word> tile(std::int32_t index) const;

 private:
  static constexpr std::int32_t kLine = 16;  // words of a line of the cache, slots copied together

  /// Makes positions [begin, end) those of the slots `to_slot` further.
  void gather(std::int32_t to_slot, std::int32_t begin, std::int32_t end);
  void copy_keys(std::int32_t position, std::int32_t slot, std::int32_t count);
  void copy_values(std::int32_t position, std::int32_t slot, std::int32_t count);
  /// This head's part of up to kLine slots from `slot` on, each in the order of its columns, until
  /// the next call; `stored` tells where an element of a stored slot lies.
  std::array<const Word*, kLine> rows(const float* slots, decltype(stored_key<Word>) stored,
                                      std::int32_t slot, std::int32_t count);
  const Word* words(const float* slots) const { return reinterpret_cast<const Word*>(slots); }

  const Kernels& kernels_;
  const PackedBatch& batch_;
  const AttentionArgs& args_;
  const int kv_head_;
  const std::int64_t key_columns_, value_columns_;  // of a tile
  const bool in_place_;                             // tiles are pages
  std::vector<std::int32_t> slots_;  // slot gathered at each position; in place: first of each tile
  // Pages of one head, uninitialised behind the path's end: no query sees keys there.
  LargeBuffer keys_, values_;
  // Of the slots that are copied together: stored ones row by row, and all in pairs.
  std::vector<float> stored_;
  std::vector<Word> rounded_;
};

}  // namespace flm
