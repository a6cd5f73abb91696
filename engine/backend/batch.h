// What the model runs: rows (one a unique token), each with the path of earlier rows that it
// attends to.
#pragma once

#include <cstdint>
#include <vector>

namespace flm {

/// A run of consecutive K/V slots that hold consecutive positions.
struct KvSegment {
  std::int32_t slot = 0;      // first slot
  std::int32_t position = 0;  // absolute position of the first slot
  std::int32_t length = 0;
};

/// Keys and values of the first `count` positions of a tile, which go to another one.
struct KvCopy {
  std::int32_t from = 0, to = 0;  // first slots of the tiles
  std::int32_t count = 0;
};

/// A packed batch. Row r has token ids[r] at position positions[r], writes its K/V to slot
/// slots[r], and attends to the slots of its path (segments in ascending position, covering 0 ..
/// positions[r], itself last). Scoring: slots are the rows themselves and paths follow the trie.
/// Generation: slots lie in pages (KvPages).
struct PackedBatch {
  std::vector<std::int32_t> ids;         // [R]
  std::vector<std::int32_t> positions;   // [R]
  std::vector<std::int32_t> slots;       // [R]
  std::vector<std::int32_t> path_begin;  // [R]: first segment of the row's path in `segments`
  std::vector<std::int32_t> path_count;  // [R]
  /// A path ends at the row's own position even where its last segment goes on: neighbouring rows
  /// of one sequence share their path.
  std::vector<KvSegment> segments;
  /// Rows whose final hidden state goes to the LM head, ascending.
  std::vector<std::int32_t> head_rows;
  /// Done one after the other in each layer once the rows' own K/V are in their slots: what is
  /// copied may have been computed, or copied, in this batch.
  std::vector<KvCopy> copies = {};
  std::int32_t rows() const { return static_cast<std::int32_t>(ids.size()); }
};

/// Of positions 0 .. most - 1, which both rows see: how many from 0 on lie in the same slots for
/// the two; sequences under one header share its keys and values.
std::int32_t shared_slots(const PackedBatch& batch, std::int32_t a, std::int32_t b,
                          std::int32_t most);

/// The head rows as a batch of their own, on the same slots and paths.
PackedBatch head_rows_of(const PackedBatch& batch);

}  // namespace flm
