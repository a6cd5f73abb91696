// Bytes and operations of a model: what batches are cut by and what plan prints. A backend says the
// bytes (engine/backends.h); the operations follow from the shape alone.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/checkpoint/config/model_config.h"

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
  std::int64_t logits_bytes = 0;   // of a row of generation that is drawn from

  std::int64_t weight_bytes(bool streamed) const;
};

/// Layers whose rows see so many keys at most.
struct WindowLayers {
  double layers = 0, window = 0;
};

/// Floating-point operations of the whole model.
struct ModelFlops {
  double row = 0;        // all matrices of all layers, one row
  double row_key = 0;    // attention of one row to one key, all layers without a window
  double head_row = 0;   // LM head of one row
  double layer_key = 0;  // attention of one row to one key, one layer
  std::vector<WindowLayers> windows = {};

  /// One row behind `before` others of its path, without the LM head.
  double of_row(std::int64_t before) const;
  /// A path of so many rows from its beginning.
  double of_path(double rows) const;
};
ModelFlops flops_of(const ModelConfig& config);

/// Floats of a layer's vectors beside Llama's norms and biases: norms behind branches and of heads,
/// and biases of norms.
std::int64_t more_vectors(const ModelConfig& config);
/// Tables of cosines and sines.
int rotations_of(const ModelConfig& config);

/// Bytes of a position in the tables of rotations and of queries that grow.
std::int64_t table_bytes(const ModelConfig& config);
/// Positions of tables that reach `position`: in steps, so that they are not made anew for each.
std::int64_t table_positions(std::int64_t position);

/// Rows of one LM head chunk: logits of about `chunk_bytes`, at most 1024 rows for each 64 MiB.
std::int64_t head_chunk_rows(std::int64_t vocab_rows, std::int64_t chunk_bytes);

}  // namespace flm
