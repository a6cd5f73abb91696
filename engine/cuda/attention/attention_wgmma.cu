// The wide tiles of attention_bf16 with wgmma, for compute capability 9.0a alone: the same tiles of
// keys, spans, masks and softmax in the same order (attention_block.h).
#include <device.h>

#include "engine/cuda/attention/attention.h"
#include "engine/cuda/attention/attention_block.h"
#include "engine/cuda/attention/warpgroup_queries.h"

namespace flm::cuda {
namespace {

/// FLOP and bytes as of attention_bf16_kernel. For a tile of 128 queries, 64 keys and heads of 128:
/// 16 products m64n64k16 and 8 m64n128k16, 1,024 cycles of a multiprocessor's tensor cores.
template <int D, int R, bool kRuled>
__global__ void __launch_bounds__(WarpgroupShape<D, R>::kThreads, WarpgroupShape<D, R>::kBlocks)
    attention_wgmma_kernel(TileArgs args) {
  Block<WarpgroupShape<D, R>, kRuled>(args).run();
}

template <int D, int R, bool kRuled>
void start_wgmma(CudaStream stream, const TileArgs& args, const dim3& grid) {
  using S = WarpgroupShape<D, R>;
  launch(attention_wgmma_kernel<D, R, kRuled>, grid, S::kThreads,
         static_cast<std::int64_t>(sizeof(typename S::Shared)), stream, args);
}
template <int D, int R>
void start_wgmma(CudaStream stream, const TileArgs& args, const dim3& grid) {
  if (args.window > 0 || args.cap > 0)
    start_wgmma<D, R, true>(stream, args, grid);
  else
    start_wgmma<D, R, false>(stream, args, grid);
}
template <int D>
void start_wgmma(CudaStream stream, const TileArgs& args, const dim3& grid, int queries) {
  if (queries == kWideQueries)
    start_wgmma<D, 2>(stream, args, grid);
  else
    start_wgmma<D, 1>(stream, args, grid);
}

}  // namespace

bool built_with_wgmma() { return true; }

void attention_wgmma(CudaStream stream, const AttentionArgs& args, const QueryTiles& tiles,
                     const KvSegment* segments, const SpanBlocks& blocks,
                     const Rotation& rotation) {
  const TileArgs tile = tile_args(args, tiles.own, segments, blocks, rotation);
  const dim3 grid = tile_grid(tile, tiles.count, args.kv_heads);
  if (args.head_dim <= 64) return start_wgmma<64>(stream, tile, grid, tiles.queries);
  if (args.head_dim <= 80) return start_wgmma<80>(stream, tile, grid, tiles.queries);
  if (args.head_dim <= 96) return start_wgmma<96>(stream, tile, grid, tiles.queries);
  start_wgmma<128>(stream, tile, grid, tiles.queries);
}

}  // namespace flm::cuda
