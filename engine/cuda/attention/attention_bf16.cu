// FlashAttention-2 over a packed trie with mma.sync.m16n8k16: key tiles of 64 at absolute
// positions, gathered by slot, ascending. Nothing passes between queries, so that a query's bits
// depend neither on its neighbours nor on the shape of the block. Each span of 1024 keys is summed
// for itself and merged with those before it, so that a span may also have a block of its own when
// few queries meet many keys; what such blocks leave is a state that another block can go on from.
#include <device.h>

#include "engine/cuda/attention/attention.h"
#include "engine/cuda/attention/attention_block.h"
#include "engine/cuda/attention/warp_queries.h"

namespace flm::cuda {
namespace {

constexpr int kMergeThreads = 128;

/// Merges the spans of a row and head, as one block that makes all of them does. Reads 4 (head_dim
/// + 5) bytes for each span, row and head, and writes 4 head_dim for each row and head: at batch 1,
/// 4,096 keys and 64 heads of 128 0.17 MB, far less than the launch takes.
__global__ void merge_spans_kernel(TileArgs args) {
  const std::int64_t row = blockIdx.x, head = blockIdx.y;
  const std::int32_t position = args.blocks.positions[row];
  const int begin = args.seen(position) / kSpanKeys, last = position / kSpanKeys;
  const std::int64_t step = args.blocks.rows * args.heads * (args.head_dim + kStateFloats);
  const float* first = args.partial(begin, row, head);
  float* out = args.queries + row * args.query_stride + head * args.head_dim;
  for (int d = static_cast<int>(threadIdx.x); d < args.head_dim; d += kMergeThreads) {
    Total total{first[args.head_dim], args.whole_sum(first), 0, 1};
    float value = first[d];
    for (int span = begin + 1; span <= last; ++span) {
      const float* partial = first + (span - begin) * step;
      total.merge(partial[args.head_dim], args.whole_sum(partial));
      value = total.value(value, partial[d]);
    }
    value = value * (1.0f / total.sum);
    if (args.operand != nullptr)
      args.operand_of(row, head)[d] = to_bf16(value);
    else
      out[d] = value;
  }
}

/// 4 head_dim FLOP for each query head and key that it sees (half of them scores): in texts of
/// 2,048 with 64 heads of 128 33.6 MFLOP a row, beside 1.61 GFLOP of the layer's products. Bytes: a
/// row's queries in and out, 8 head_dim a head, and for each tile 4 head_dim for each of its keys
/// and key heads, from the second-level cache where another tile of the section has read them.
/// Wide tiles: 128 FLOP a byte, bound by instructions; decoding: one, bound by memory.
template <int D, int R, int kParts, bool kRuled>
__global__ void __launch_bounds__(WarpShape<D, R, kParts>::kThreads,
                                  WarpShape<D, R, kParts>::kBlocks)
    attention_bf16_kernel(TileArgs args) {
  Block<WarpShape<D, R, kParts>, kRuled>(args).run();
}

struct Grid {
  std::int64_t tiles;
  int kv_heads, queries;
};

template <bool kRuled, int D, int R, int kParts>
void start(WarpShape<D, R, kParts>, CudaStream stream, const TileArgs& args, const Grid& grid) {
  using S = WarpShape<D, R, kParts>;
  launch(attention_bf16_kernel<D, R, kParts, kRuled>, tile_grid(args, grid.tiles, grid.kv_heads),
         S::kThreads, static_cast<std::int64_t>(sizeof(typename S::Shared)), stream, args);
}

/// visit(the shape for a head and a tile of so many queries). Four warps share the columns of a
/// narrow tile, 16 at a time.
template <int D, class Visit>
auto with_tile(int queries, Visit visit) {
  if constexpr (D <= kWidestHead) {
    if (queries == kWideQueries) return visit(WarpShape<D, 2, 1>{});
    if (queries == kMediumQueries) return visit(WarpShape<D, 1, 1>{});
  }
  return visit(WarpShape<(D + 63) / 64 * 64, 1, 4>{});
}
template <class Visit>
auto with_shape(int head_dim, int queries, Visit visit) {
  if (head_dim <= 16) return with_tile<16>(queries, visit);
  if (head_dim <= 32) return with_tile<32>(queries, visit);
  if (head_dim <= 64) return with_tile<64>(queries, visit);
  if (head_dim <= 80) return with_tile<80>(queries, visit);
  if (head_dim <= 96) return with_tile<96>(queries, visit);
  if (head_dim <= 128) return with_tile<128>(queries, visit);
  return with_tile<256>(queries, visit);
}

void start_for(CudaStream stream, const TileArgs& args, const Grid& grid) {
  with_shape(args.head_dim, grid.queries, [&](auto shape) {
    if (args.window > 0 || args.cap > 0)
      start<true>(shape, stream, args, grid);
    else
      start<false>(shape, stream, args, grid);
  });
}

}  // namespace

std::int64_t attention_shared_bytes(int head_dim, int queries) {
  return with_shape(head_dim, queries, [](auto shape) {
    return static_cast<std::int64_t>(sizeof(typename decltype(shape)::Shared));
  });
}

void attention_bf16(CudaStream stream, const AttentionArgs& args, const QueryTiles& tiles,
                    const KvSegment* segments, const SpanBlocks& blocks, const Rotation& rotation) {
  TileArgs tile = tile_args(args, tiles.shared, segments, blocks, rotation);
  if (tiles.shared_count > 0 && args.window == 0)
    start_for(stream, tile, {tiles.shared_count, args.kv_heads, kNarrowQueries});
  tile.tiles = tiles.own;
  if (tiles.wgmma && wgmma_takes(args.head_dim, tiles.queries))
    attention_wgmma(stream, args, tiles, segments, blocks, rotation);
  else
    start_for(stream, tile, {tiles.count, args.kv_heads, tiles.queries});
  if (blocks.partials)
    launch(merge_spans_kernel,
           dim3(static_cast<unsigned>(blocks.rows), static_cast<unsigned>(args.heads)),
           kMergeThreads, 0, stream, tile);
}

}  // namespace flm::cuda
