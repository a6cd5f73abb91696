// FlashAttention-2 over a packed trie with mma.sync.m16n8k16: key tiles of 64 at absolute
// positions, gathered by slot, ascending. A warp owns 16 queries; nothing passes between warps, so
// that a query's bits depend neither on its neighbours nor on the number of warps. Each span of
// 1024 keys is summed for itself and merged with those before it, so that a span may also have a
// block of its own when few queries meet many keys.
#include <device.h>

#include "engine/cuda/device_math.h"
#include "engine/cuda/kernels.h"

namespace flm::cuda {
namespace {

constexpr int kMergeThreads = 128;
constexpr int kSpanTiles = kSpanKeys / 64;
constexpr int kKeys = 64, kPad = 8;  // pad in elements: rows shift by a bank group of 16 bytes

/// D: head_dim rounded up to an instance. Shared rows are D + kPad elements.
template <int D, int kWarps>
struct Shape {
  static constexpr int kQueries = 16 * kWarps, kThreads = 32 * kWarps, kPitch = D + kPad;
  struct Shared {
    bf16 queries[kQueries * kPitch];
    bf16 keys[2][kKeys * kPitch];
    bf16 values[2][kKeys * kPitch];
    std::int32_t slots[2][kKeys];
  };
};

struct TileArgs {
  float* queries;
  std::int64_t query_stride;
  const bf16* keys;
  const bf16* values;
  std::int64_t kv_stride;
  int group;  // query heads of one key head
  int head_dim;
  float scale;
  const QueryTile* tiles;
  const KvSegment* segments;
  SpanBlocks blocks;
  int heads;
};

/// Maximum and sum of the spans so far, and what takes them in with the next one.
struct Total {
  float max, sum;
  float keep, take;  // factors of what was summed before and of the span
  __device__ void merge(float span_max, float span_sum) {
    const float new_max = max > span_max ? max : span_max;
    keep = exp_fp32(max - new_max);
    take = exp_fp32(span_max - new_max);
    sum = fmaf(sum, keep, span_sum * take);
    max = new_max;
  }
  __device__ float value(float before, float span) const { return fmaf(before, keep, span * take); }
};

/// One block's work: the queries of a tile, query i being row i / group, head i % group.
template <int D, int kWarps>
class Block {
  using S = Shape<D, kWarps>;
  static constexpr int kSlotsPerThread = (kKeys + S::kThreads - 1) / S::kThreads;

 public:
  __device__ Block(const TileArgs& args)
      : args_(args),
        tile_(args.tiles[blockIdx.x]),
        shared_(*shared_memory<typename S::Shared>()),
        segments_(args.segments + tile_.path_begin),
        last_(tile_.position + tile_.rows - 1),
        head_offset_(static_cast<std::int64_t>(blockIdx.y) * args.head_dim) {}

  __device__ void run() {
    const bool alone = args_.blocks.partials != nullptr;  // one span
    const int first = alone ? static_cast<int>(blockIdx.z) * kSpanTiles : 0;
    int tiles = last_ / kKeys + 1;
    if (first >= tiles) return;  // all threads of the block
    if (alone && tiles > first + kSpanTiles) tiles = first + kSpanTiles;
    load_queries();
    find_slots(first);
    find_slots(first + 1);
    __syncthreads();
    load_tile(first);
    copy_async_commit();
    __syncthreads();  // before find_slots(first + 2) takes the place of the first slots
    for (int t = first; t < tiles; ++t) {
      if (t + 1 < tiles) load_tile(t + 1);
      copy_async_commit();  // an empty group keeps the count
      copy_async_wait<1>();
      if (t + 2 < tiles) find_slots(t + 2);
      __syncthreads();
      scores(t);
      softmax(t);
      weigh_values(t);
      if (t + 1 == tiles || (t + 1) % kSpanTiles == 0) {
        if (alone)
          store_span(t / kSpanTiles);
        else
          merge_span(t / kSpanTiles);
      }
      __syncthreads();
    }
  }

 private:
  __device__ int warp() const { return static_cast<int>(threadIdx.x) / 32; }
  __device__ int lane() const { return static_cast<int>(threadIdx.x) % 32; }
  __device__ int query_of(int half) const { return warp() * 16 + lane() / 4 + 8 * half; }
  __device__ int queries() const { return tile_.rows * args_.group; }
  __device__ float* query_row(int query) const {
    const std::int64_t head =
        static_cast<std::int64_t>(blockIdx.y) * args_.group + query % args_.group;
    return args_.queries + (tile_.row + query / args_.group) * args_.query_stride +
           head * args_.head_dim;
  }

  __device__ void load_queries() {
    for (int i = static_cast<int>(threadIdx.x); i < S::kQueries * D; i += S::kThreads) {
      const int query = i / D, d = i % D;
      const bool inside = query < queries() && d < args_.head_dim;
      shared_.queries[query * S::kPitch + d] = to_bf16(inside ? query_row(query)[d] : 0.0f);
    }
  }

  /// Slots of tile t; -1 beyond the last query's position.
  __device__ void find_slots(int t) {
#pragma unroll
    for (int j = 0; j < kSlotsPerThread; ++j) {
      const int i = static_cast<int>(threadIdx.x) + j * S::kThreads;
      if (i >= kKeys) break;
      const std::int32_t position = t * kKeys + i;
      shared_.slots[t % 2][i] =
          position <= last_ ? slot_on_path(segments_, segment_[j], position) : -1;
    }
  }

  /// Starts the copies of tile t; what lies beyond head_dim or the last position becomes zeros.
  __device__ void load_tile(int t) {
    constexpr int kChunks = D / 8;  // of 16 bytes
    for (int i = static_cast<int>(threadIdx.x); i < kKeys * kChunks; i += S::kThreads) {
      const int key = i / kChunks, d = i % kChunks * 8;
      const std::int32_t slot = shared_.slots[t % 2][key];
      const bool valid = slot >= 0 && d < args_.head_dim;
      const std::int64_t from = valid ? slot * args_.kv_stride + head_offset_ + d : 0;
      copy_async_16(&shared_.keys[t % 2][key * S::kPitch + d], args_.keys + from, valid);
      copy_async_16(&shared_.values[t % 2][key * S::kPitch + d], args_.values + from, valid);
    }
  }

  /// scores_ [16, 64] = queries * keys^T, unscaled.
  __device__ void scores(int t) {
#pragma unroll
    for (int n = 0; n < kKeys / 8; ++n)
#pragma unroll
      for (int i = 0; i < 4; ++i) scores_[n][i] = 0;
    const bf16* keys = shared_.keys[t % 2];
    const bf16* query = shared_.queries + (warp() * 16 + lane() % 16) * S::kPitch + lane() / 16 * 8;
    const bf16* key = keys + (lane() / 16 * 8 + lane() % 8) * S::kPitch + lane() / 8 % 2 * 8;
#pragma unroll
    for (int k = 0; k < D; k += 16) {
      std::uint32_t a[4], b[4];
      ldmatrix_x4(a, query + k);
#pragma unroll
      for (int n = 0; n < kKeys / 16; ++n) {
        ldmatrix_x4(b, key + n * 16 * S::kPitch + k);
        mma_m16n8k16(scores_[2 * n], a, b[0], b[1]);
        mma_m16n8k16(scores_[2 * n + 1], a, b[2], b[3]);
      }
    }
  }

  /// Turns scores into weights, and scales what was summed before.
  __device__ void softmax(int t) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int query = query_of(half);
      const std::int32_t position = tile_.position + (query < queries() ? query / args_.group : 0);
      const int first = t * kKeys + lane() % 4 * 2;
      float tile_max = minus_infinity();
#pragma unroll
      for (int n = 0; n < kKeys / 8; ++n)
#pragma unroll
        for (int i = 0; i < 2; ++i) {
          float& score = scores_[n][2 * half + i];
          score = first + 8 * n + i <= position ? score * args_.scale : minus_infinity();
          tile_max = tile_max > score ? tile_max : score;
        }
      tile_max = max_of_four(tile_max);
      const float new_max = max_[half] > tile_max ? max_[half] : tile_max;
      const float shift = new_max > minus_infinity() ? new_max : 0.0f;  // none: beyond the query
      const float keep = exp_fp32(max_[half] - shift);
      float sum = 0;
#pragma unroll
      for (int n = 0; n < kKeys / 8; ++n)
#pragma unroll
        for (int i = 0; i < 2; ++i) {
          float& score = scores_[n][2 * half + i];
          score = exp_fp32(score - shift);
          sum = sum + score;
        }
      sum = sum + __shfl_xor_sync(kFullMask, sum, 1);
      sum = sum + __shfl_xor_sync(kFullMask, sum, 2);
      sum_[half] = fmaf(sum_[half], keep, sum);
      max_[half] = new_max;
#pragma unroll
      for (int n = 0; n < D / 8; ++n)
#pragma unroll
        for (int i = 0; i < 2; ++i) output_[n][2 * half + i] *= keep;
    }
  }

  __device__ static float max_of_four(float x) {
#pragma unroll
    for (int bits = 1; bits <= 2; ++bits) {
      const float other = __shfl_xor_sync(kFullMask, x, bits);
      x = x > other ? x : other;
    }
    return x;
  }

  /// output_ [16, D] += weights * values.
  __device__ void weigh_values(int t) {
    const bf16* value =
        shared_.values[t % 2] + (lane() / 8 % 2 * 8 + lane() % 8) * S::kPitch + lane() / 16 * 8;
#pragma unroll
    for (int k = 0; k < kKeys / 16; ++k) {
      const std::uint32_t a[4] = {pack_bf16(scores_[2 * k][0], scores_[2 * k][1]),
                                  pack_bf16(scores_[2 * k][2], scores_[2 * k][3]),
                                  pack_bf16(scores_[2 * k + 1][0], scores_[2 * k + 1][1]),
                                  pack_bf16(scores_[2 * k + 1][2], scores_[2 * k + 1][3])};
#pragma unroll
      for (int n = 0; n < D / 16; ++n) {
        std::uint32_t b[4];
        ldmatrix_x4_transposed(b, value + k * 16 * S::kPitch + n * 16);
        mma_m16n8k16(output_[2 * n], a, b[0], b[1]);
        mma_m16n8k16(output_[2 * n + 1], a, b[2], b[3]);
      }
    }
  }

  __device__ int last_span(int query) const {
    return (tile_.position + query / args_.group) / kSpanKeys;
  }

  /// Takes the span into the total, which lies in the query's own place until its last span, and
  /// clears the span's sums.
  __device__ void merge_span(int span) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int query = query_of(half);
      if (query < queries() && last_span(query) >= span) {
        Total& total = total_[half];
        if (span == 0)
          total = {max_[half], sum_[half], 0, 1};
        else
          total.merge(max_[half], sum_[half]);
        const bool last = last_span(query) == span;
        float* to = query_row(query);
#pragma unroll
        for (int n = 0; n < D / 8; ++n)
#pragma unroll
          for (int i = 0; i < 2; ++i) {
            const int d = 8 * n + lane() % 4 * 2 + i;
            if (d >= args_.head_dim) continue;
            float value = output_[n][2 * half + i];
            if (span > 0) value = total.value(to[d], value);
            to[d] = last ? value / total.sum : value;
          }
      }
      max_[half] = minus_infinity();
      sum_[half] = 0;
#pragma unroll
      for (int n = 0; n < D / 8; ++n) output_[n][2 * half] = output_[n][2 * half + 1] = 0;
    }
  }

  __device__ void store_span(int span) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int query = query_of(half);
      if (query >= queries() || last_span(query) < span) continue;
      const std::int64_t row = tile_.row + query / args_.group;
      const std::int64_t head =
          static_cast<std::int64_t>(blockIdx.y) * args_.group + query % args_.group;
      float* to = args_.blocks.partials +
                  ((span * args_.blocks.rows + row) * args_.heads + head) * (args_.head_dim + 2);
#pragma unroll
      for (int n = 0; n < D / 8; ++n)
#pragma unroll
        for (int i = 0; i < 2; ++i) {
          const int d = 8 * n + lane() % 4 * 2 + i;
          if (d < args_.head_dim) to[d] = output_[n][2 * half + i];
        }
      if (lane() % 4 == 0) {
        to[args_.head_dim] = max_[half];
        to[args_.head_dim + 1] = sum_[half];
      }
    }
  }

  const TileArgs args_;
  const QueryTile tile_;
  typename S::Shared& shared_;
  const KvSegment* segments_;
  const std::int32_t last_;  // position of the last row
  const std::int64_t head_offset_;
  std::int32_t segment_[kSlotsPerThread] = {};
  float scores_[kKeys / 8][4];
  float output_[D / 8][4] = {};
  float max_[2] = {minus_infinity(), minus_infinity()}, sum_[2] = {};
  Total total_[2] = {};
};

/// Merges the spans of a row and head, as one block that makes all of them does.
__global__ void merge_spans_kernel(TileArgs args) {
  const std::int64_t row = blockIdx.x, head = blockIdx.y;
  const int last = args.blocks.positions[row] / kSpanKeys;
  const std::int64_t step = args.blocks.rows * args.heads * (args.head_dim + 2);
  const float* first = args.blocks.partials + (row * args.heads + head) * (args.head_dim + 2);
  float* out = args.queries + row * args.query_stride + head * args.head_dim;
  for (int d = static_cast<int>(threadIdx.x); d < args.head_dim; d += kMergeThreads) {
    Total total{first[args.head_dim], first[args.head_dim + 1], 0, 1};
    float value = first[d];
    for (int span = 1; span <= last; ++span) {
      const float* partial = first + span * step;
      total.merge(partial[args.head_dim], partial[args.head_dim + 1]);
      value = total.value(value, partial[d]);
    }
    out[d] = value / total.sum;
  }
}

template <int D, int kWarps>
__global__ void attention_bf16_kernel(TileArgs args) {
  Block<D, kWarps>(args).run();
}

template <int D, int kWarps>
void start(CudaStream stream, const TileArgs& args, std::int64_t tiles, int kv_heads) {
  using S = Shape<D, kWarps>;
  launch(attention_bf16_kernel<D, kWarps>,
         dim3(static_cast<unsigned>(tiles), static_cast<unsigned>(kv_heads),
              static_cast<unsigned>(args.blocks.partials ? args.blocks.spans : 1)),
         S::kThreads, static_cast<std::int64_t>(sizeof(typename S::Shared)), stream, args);
}

template <int D>
void start(CudaStream stream, const TileArgs& args, std::int64_t tiles, int kv_heads, int queries) {
  if (queries == kWideQueries) return start<D, kWideQueries / 16>(stream, args, tiles, kv_heads);
  start<D, kNarrowQueries / 16>(stream, args, tiles, kv_heads);
}

}  // namespace

namespace {

void start_for(CudaStream stream, const TileArgs& tile, std::int64_t count, int kv, int queries) {
  const int d = tile.head_dim;
  if (d <= 16) return start<16>(stream, tile, count, kv, queries);
  if (d <= 32) return start<32>(stream, tile, count, kv, queries);
  if (d <= 64) return start<64>(stream, tile, count, kv, queries);
  if (d <= 80) return start<80>(stream, tile, count, kv, queries);
  if (d <= 96) return start<96>(stream, tile, count, kv, queries);
  if (d <= 128) return start<128>(stream, tile, count, kv, queries);
  start<256>(stream, tile, count, kv, queries);
}

}  // namespace

void attention_bf16(CudaStream stream, const AttentionArgs& args, const QueryTile* tiles,
                    std::int64_t count, int queries, const KvSegment* segments,
                    const SpanBlocks& blocks) {
  const TileArgs tile{args.queries,
                      args.query_stride,
                      reinterpret_cast<const bf16*>(args.keys),
                      reinterpret_cast<const bf16*>(args.values),
                      args.kv_stride,
                      args.heads / args.kv_heads,
                      args.head_dim,
                      args.scale,
                      tiles,
                      segments,
                      blocks,
                      args.heads};
  start_for(stream, tile, count, args.kv_heads, queries);
  if (blocks.partials)
    launch(merge_spans_kernel,
           dim3(static_cast<unsigned>(blocks.rows), static_cast<unsigned>(args.heads)),
           kMergeThreads, 0, stream, tile);
}

}  // namespace flm::cuda
