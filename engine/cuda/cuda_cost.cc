// Device bytes of the CUDA backend, term by term as model.cc and cuda_backend.cc allocate them.
#include "engine/cuda/cuda_cost.h"

#include <algorithm>
#include <string>

#include "base/errors.h"
#include "engine/cuda/attention/device_batch.h"
#include "engine/cuda/cuda_heads.h"
#include "engine/cuda/products/dense_calls.h"
#include "engine/cuda/products/gemm_search.h"
#include "engine/parallel/shard.h"

namespace flm {

void check_cuda_heads(const ModelConfig& config, bool bf16) {
  const std::string taken = untaken_cuda_heads(config, bf16);
  if (taken.empty()) return;
  const bool fp32 = bf16 && untaken_cuda_heads(config, false).empty();
  throw UserError("--device cuda takes " + taken +
                  (fp32 ? "; try --precision fp32, or use --device cpu" : "; use --device cpu"));
}

ModelCost cuda_cost_of(const ModelConfig& config, int ranks, bool bf16, int max_length) {
  check_cuda_heads(config, bf16);
  constexpr std::int64_t kFloat = sizeof(float), kTables = 16 + 28 + 14, kSegments = 24;
  const ShardPlan shard = widest_shard(config, ranks);
  const std::int64_t h = config.hidden, q = shard.q.size(), kv = shard.kv.size(),
                     f = shard.intermediate.size(), vocab = shard.vocab.size(),
                     part = shard.hidden.size(), all_f = config.intermediate,
                     all_q = std::int64_t{config.heads} * config.head_dim;
  const std::int64_t element = bf16 ? 2 : kFloat, gates = config.block.gated ? 2 : 1;
  ModelCost cost;
  const std::int64_t layer =
      ((q + 2 * kv) * h + part * all_q + gates * f * h + part * all_f) * element +
      (5 * h + q + 2 * kv + 2 * f + more_vectors(config)) * kFloat + 10 * 256;
  cost.layers_bytes = config.layers * layer;
  cost.head_bytes = vocab * h * element;
  // A layer and the next, or a layer and the head, at a time: the pool keeps all three.
  cost.streamed_bytes = 2 * layer + cost.head_bytes;
  // Residual stream, normed input or output, q, k, v; bf16: o's operand and K/V slots; tables.
  cost.row_bytes =
      (2 * h + q + 2 * kv) * kFloat + (bf16 ? (q + 2 * kv) * 2 : 0) + kTables + kSegments;
  // All ranks' heads in room for fp32, and what gathers take for themselves: of them, of the hidden
  // columns, of queries and keys where all heads are normed together.
  if (ranks > 1) {
    const bool whole = config.block.head_norm == HeadNorm::kWholeProjection;
    const std::int64_t gathered = whole ? (q + kv) * kFloat : q * element;
    cost.row_bytes += all_q * kFloat + ranks * (gathered + part * kFloat + 3 * 16);
  }
  cost.kv_slot_bytes = 2 * kv * config.layers * element;
  // All logits, this rank's part, and what a gather takes: parts of all ranks, as wide as the
  // widest, padded.
  cost.logits_bytes = std::int64_t{2} * config.vocab_rows * kFloat;
  if (ranks > 1)
    cost.logits_bytes = (config.vocab_rows + vocab + ranks * vocab) * kFloat + 16 * ranks;
  const std::int64_t chunk = head_chunk_rows(vocab, kCudaHeadChunkBytes);
  const std::int64_t mlp =
      kCudaMlpTileRows * ((1 + gates) * f + (ranks > 1 ? 2 * all_f + 16 * ranks : 0)) * kFloat;
  const std::int64_t head = chunk * ((vocab + 2 * h) * kFloat + 64);
  const int spans = (max_length - 1) / cuda::kSpanKeys + 1;
  const std::int64_t partials = std::min(
      kMostPartialBytes, cuda::span_floats(spans, kMostDecodeRows,
                                           static_cast<int>(shard.heads.size()), config.head_dim) *
                             kFloat);
  const std::int64_t decode = bf16 ? partials : 0;  // spans of a step
  const std::int64_t search =  // of a product's algorithm, once: operands, results and a weight
      kSearchedRows * std::max({h, all_q, all_f}) * element +
      (kSearchedRows + kComparedRows) * std::max({vocab, 2 * f, q + 2 * kv, h}) * kFloat +
      std::max({vocab * h, 2 * f * h, (q + 2 * kv) * h, part * all_q, part * all_f}) * element;
  const std::int64_t padding =  // of products that depend on their number of rows
      kPaddedRows *
      (((q + 2 * kv) + h + 2 * f + h + vocab) * kFloat + (3 * h + all_q + all_f) * element);
  // Of a rank's columns that begin at no multiple of what products are promised: those of o, down.
  const bool apart = h % (ranks * kOperandAlignment / kFloat) != 0;
  const std::int64_t dense = ranks > 1 && apart ? 2 * kDenseRows * part * kFloat : 0;
  const std::int64_t embedding = std::int64_t{config.vocab_rows} * h * element;
  cost.position_bytes = table_bytes(config);  // in steps of 512
  cost.fixed_bytes = embedding + mlp + head + decode + search + padding + dense +
                     table_positions(0) * cost.position_bytes + 64 * 256 + 2 * 16384;
  return cost;
}

}  // namespace flm
