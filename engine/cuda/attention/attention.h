// Attention of a batch on the device: launchers of attention_fp32.cu and attention_bf16.cu, and the
// tables that they read. The words: a *span* is what others call split-KV (1,024 keys that are
// summed for themselves), a *shared tile* is a cascade's first level (Hydragen, Juravsky 2024):
// rows of different branches against the keys that they have in common.
#pragma once

#include <cstdint>

#include "engine/backend/backend.h"
#include "engine/backend/batch.h"
#include "engine/cuda/kernels/rotation.h"
#include "engine/cuda/runtime/runtime.h"

namespace flm::cuda {

/// The rows' paths (batch.h), in device memory.
struct RowPaths {
  const std::int32_t* positions = nullptr;
  const std::int32_t* path_begin = nullptr;
  const std::int32_t* path_count = nullptr;
  const KvSegment* segments = nullptr;
};
/// Consecutive rows of one path at consecutive positions: they share their key tiles. Or rows
/// anywhere whose paths begin alike, against the first key tiles alone.
struct QueryTile {
  std::int32_t row = 0, rows = 0;
  std::int32_t position = 0;  // of the first row
  std::int32_t path_begin = 0, path_count = 0;
  std::int32_t first_key_tile = 0;  // those before it were taken in already
  std::int32_t key_tiles = 0;       // 0: as far as the positions
};

/// fp32 throughout, the CPU's order of every sum: bitwise the CPU backend's attention.
void attention_fp32(CudaStream stream, const AttentionArgs& args, std::int64_t rows,
                    const RowPaths& paths);

/// Queries that a block of attention_bf16 takes, over all heads that share a key head. Heads of
/// more than kWidestHead elements leave room for narrow tiles alone.
inline constexpr int kWideQueries = 128, kMediumQueries = 64, kNarrowQueries = 16;
inline constexpr int kWidestHead = 128;
inline constexpr int kTileKeys = 64;
/// Shared memory of a block of so many queries.
std::int64_t attention_shared_bytes(int head_dim, int queries);
/// Keys that are summed for themselves, from absolute positions that are multiples of it on; such
/// sums are merged in ascending order, whether one block makes all of them or each has its own.
inline constexpr int kSpanKeys = 1024;
/// What a block leaves of a query beside its head_dim sums: the largest score, and the sums of the
/// weights in four lanes.
inline constexpr int kStateFloats = 5;
/// Where each span has a block of its own: floats [spans][rows][heads][head_dim + kStateFloats].
struct SpanBlocks {
  float* partials = nullptr;
  int spans = 0;
  std::int64_t rows = 0;
  const std::int32_t* positions = nullptr;  // [rows]
};
inline std::int64_t span_floats(int spans, std::int64_t rows, int heads, int head_dim) {
  return spans * rows * heads * (head_dim + kStateFloats);
}
/// Key heads whose tiles start together, the first tile for each of them before the second: as many
/// as divide their number, at most 16, whose keys and values the second-level cache holds.
constexpr int heads_of_a_section(int kv_heads) {
  int heads = kv_heads < 16 ? kv_heads : 16;
  while (kv_heads % heads > 0) --heads;
  return heads;
}
/// Every row is in one tile of `own`. Rows of a `shared` tile, of kNarrowQueries queries, have its
/// key tiles behind them when their own tile begins; that takes SpanBlocks.
struct QueryTiles {
  const QueryTile* own = nullptr;  // in the order in which they start
  std::int64_t count = 0;
  int queries = kWideQueries;  // of an own tile: wide, medium or narrow
  const QueryTile* shared = nullptr;
  std::int64_t shared_count = 0;
  bool wgmma = false;  // own tiles by attention_wgmma where it takes them
};
/// FlashAttention-2 with mma.sync: bf16 operands, fp32 sums and softmax. A row's bits depend on its
/// path alone, not on how rows go together in tiles nor on `blocks`; with `wgmma` so far as both
/// instructions have the same bits. A NaN stays one; among a key's
/// values it also reaches the queries of its tile before the key, for 0 * NaN is one. K/V slots
/// hold bf16; head_dim is a multiple of 8, at most 256; the scale is positive. Queries are turned
/// by `rotation` where it has angles, in fp32, before they are rounded; args.operand is bf16.
void attention_bf16(CudaStream stream, const AttentionArgs& args, const QueryTiles& tiles,
                    const KvSegment* segments, const SpanBlocks& blocks,
                    const Rotation& rotation = {});

/// The own tiles of attention_bf16 by wgmma: the same sums in the same order, but for what the
/// instruction does with 16 of them (flmeval-probe instructions). Compute capability 9.0 alone, in
/// a build whose kernels are compiled for 90a; others have no_attention_wgmma.cc in its place.
void attention_wgmma(CudaStream stream, const AttentionArgs& args, const QueryTiles& tiles,
                     const KvSegment* segments, const SpanBlocks& blocks, const Rotation& rotation);
bool built_with_wgmma();
/// Which tiles attention_wgmma takes: those of 64 queries and more, which fill a warpgroup, of
/// heads that leave less than half of its narrowest instance empty and fit into its widest. Windows
/// and caps are no reason against it. All else is mma.sync's.
constexpr bool wgmma_takes(int head_dim, int queries) {
  return queries >= kMediumQueries && head_dim > 32 && head_dim <= kWidestHead;
}

}  // namespace flm::cuda
