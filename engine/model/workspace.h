// The memory of a forward pass: keys and values of its layers, and what its rows need besides.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/backend/batch.h"
#include "engine/backend/key_tile.h"
#include "engine/model/model.h"

namespace flm {

/// Where a layer's keys and values go, slot by slot; null: nowhere.
struct KvSlots {
  float* keys = nullptr;
  float* values = nullptr;
};

/// Keys and values of all layers, a buffer [slots][kv] for each, in the backend's own element type.
/// With one layer it holds those of whichever layer runs.
class KvCache : public KvStorage {
 public:
  KvCache(const Backend& backend, std::int32_t slots, std::int64_t width, int layers)
      : slots_(slots) {
    const std::int64_t whole_tiles = (slots + kKeyTile - 1) / kKeyTile * kKeyTile;
    const std::int64_t bytes = whole_tiles * width * backend.kv_element_bytes();
    for (int layer = 0; layer < layers; ++layer) {
      keys_.push_back(backend.allocate(bytes));
      values_.push_back(backend.allocate(bytes));
    }
  }
  std::int32_t slots() const override { return slots_; }
  KvSlots slots_of(int layer) const {
    const std::size_t at = keys_.size() == 1 ? 0 : static_cast<std::size_t>(layer);
    return {keys_[at].get(), values_[at].get()};
  }

 private:
  std::int32_t slots_;
  std::vector<Buffer> keys_, values_;
};

/// What the rows of one forward pass need beside K/V.
struct Workspace {
  std::int64_t rows = 0, tile_rows = 0;  // there is room for
  Buffer x;                              // residual stream [rows, hidden]
  Buffer delta;                          // normed input, then the block's output [rows, hidden]
  Buffer qkv;                            // [rows, q + 2 kv]
  Buffer attended;                       // the operand of o [rows, q], where attention makes one
  // Rows that go through gate, up and down at a time: [tile_rows, 2 * intermediate] (without a gate
  // half) and [tile_rows, intermediate].
  Buffer gate_up, product;
  // With several ranks, the operands of o and down with all of them: [rows, all q],
  // [tile_rows, all of intermediate].
  Buffer all_heads, all_products;
};

/// The rows that a layer works on, and where they lie.
struct LayerRows {
  const PackedBatch* batch = nullptr;
  std::int64_t count = 0;
  float* x = nullptr;      // residual stream [count, hidden]
  float* qkv = nullptr;    // [count, q + 2 kv]; the result of attention takes the place of q
  float* delta = nullptr;  // [count, hidden]: normed input, then the block's output
};

/// Generation takes many small steps: its memory stays, for fresh memory would be cleared each
/// time.
class GenerationKv : public KvCache {
 public:
  using KvCache::KvCache;
  Workspace workspace;
  std::vector<float> logits;
  std::vector<float> stream;  // PassControl::stream of a step
};

}  // namespace flm
