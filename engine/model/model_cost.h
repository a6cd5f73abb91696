// Bytes and operations of a model: what batches are cut by and what plan prints. A backend says the
// bytes (engine/backends.h); the operations follow from the shape alone.
#pragma once

#include <cstdint>

#include "engine/checkpoint/model_config.h"

namespace flm {

/// Bytes of one rank.
struct ModelCost {
  std::int64_t layers_bytes = 0;    // packed weights of all layers
  std::int64_t head_bytes = 0;      // packed LM head
  std::int64_t streamed_bytes = 0;  // of weights, where layers and head come and go
  std::int64_t shared_bytes = 0;    // once in a memory, whatever the number of ranks there
  // Of one row in a scoring batch: residual stream, q, k, v, bookkeeping.
  std::int64_t row_bytes = 0;
  std::int64_t fixed_bytes = 0;  // tiles, head chunk, threads' scratch
  std::int64_t position_bytes =
      0;  // of a position of the longest path: rotary table, threads' tiles
  std::int64_t kv_slot_bytes = 0;  // of one slot over all layers

  std::int64_t weight_bytes(bool streamed) const;
};

/// Floating-point operations of the whole model.
struct ModelFlops {
  double row = 0;       // all matrices of all layers, one row
  double row_key = 0;   // attention of one row to one key, all layers
  double head_row = 0;  // LM head of one row
};
ModelFlops flops_of(const ModelConfig& config);

/// Rows of one LM head chunk: logits of about `chunk_bytes`, at most 1024 rows for each 64 MiB.
std::int64_t head_chunk_rows(std::int64_t vocab_rows, std::int64_t chunk_bytes);

}  // namespace flm
