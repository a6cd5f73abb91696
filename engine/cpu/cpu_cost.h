// Bytes and operations of a model, from its shape alone: what batches are cut by and what plan
// prints.
#pragma once

#include <cstdint>

#include "engine/checkpoint/model_config.h"
#include "engine/checkpoint/weight_table.h"

namespace flm {

// On the CPU: rows that go through gate, up and down at a time, and logits that stay near the
// last-level cache.
inline constexpr std::int64_t kCpuMlpTileRows = 1024;
inline constexpr std::int64_t kCpuHeadChunkBytes = std::int64_t{64} << 20;

/// Rows of one LM head chunk: logits of about `chunk_bytes`, at most 1024 rows for each 64 MiB.
std::int64_t head_chunk_rows(std::int64_t vocab_rows, std::int64_t chunk_bytes);

/// Of one rank.
struct ModelCost {
  std::int64_t layer_bytes = 0;     // packed weights of one layer
  std::int64_t head_bytes = 0;      // packed LM head
  std::int64_t streamed_bytes = 0;  // of weights, where layers and head come and go
  std::int64_t row_bytes =
      0;  // of one row in a scoring batch: residual stream, q, k, v, bookkeeping
  std::int64_t fixed_bytes = 0;    // tiles, head chunk, rotary table, threads' scratch
  std::int64_t kv_slot_bytes = 0;  // of one slot over all layers
  int layers = 0;

  std::int64_t weight_bytes(bool streamed) const;
};
/// Of the packed weights: bf16 where every tensor is, or where operands are to be; else fp32.
DType packed_dtype(const WeightTable& table, bool bf16_operands);
ModelCost cost_of(const ModelConfig& config, DType packed, int ranks, int threads_per_rank,
                  int max_length);

/// Floating-point operations of the whole model.
struct ModelFlops {
  double row = 0;       // all matrices of all layers, one row
  double row_key = 0;   // attention of one row to one key, all layers
  double head_row = 0;  // LM head of one row
};
ModelFlops flops_of(const ModelConfig& config);

/// Activations that a scoring batch may take where a smaller one would do as well: more rows share
/// no more.
inline constexpr std::int64_t kBatchBytes = std::int64_t{512} << 20;

}  // namespace flm
