// The keys and values of one path and one head, gathered into tiles cut at absolute positions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/backend.h"
#include "engine/cpu/kernels.h"

namespace flm {

/// Follows one path after another and copies only what differs from the path before: in depth-first
/// order a shared prefix is gathered once. One thread at a time.
class PathTiles {
 public:
  PathTiles(const PackedBatch& batch, const AttentionArgs& args, int kv_head);

  /// Makes positions 0 .. batch.positions[row] those of the row's path.
  void follow(std::int32_t row);
  AttentionTile tile(std::int32_t index) const;

 private:
  void place(std::int32_t position, std::int32_t slot);

  const PackedBatch& batch_;
  const AttentionArgs& args_;
  int kv_head_, value_stride_;
  std::vector<std::int32_t> slots_;  // slot gathered at each position
  std::vector<float> keys_;          // [tiles][head_dim][64]
  std::vector<float> values_;        // [positions][value_stride]
};

}  // namespace flm
