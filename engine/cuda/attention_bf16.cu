// FlashAttention-2 over a packed trie with mma.sync.m16n8k16: key tiles of 64 at absolute
// positions, gathered by slot, ascending. Nothing passes between queries, so that a query's bits
// depend neither on its neighbours nor on the shape of the block. Each span of 1024 keys is summed
// for itself and merged with those before it, so that a span may also have a block of its own when
// few queries meet many keys; what such blocks leave is a state that another block can go on from.
#include <device.h>

#include "engine/cuda/attention.h"
#include "engine/cuda/online_softmax.h"

namespace flm::cuda {
namespace {

constexpr int kMergeThreads = 128;
constexpr int kSpanTiles = kSpanKeys / kKeys;

/// D: head_dim rounded up to an instance; a warp has 16 * R queries.
template <int D, int kWarps, int R>
struct Shape {
  static constexpr int kQueries = 16 * R * kWarps, kThreads = 32 * kWarps, kPitch = D + kPad;
  struct Shared {
    bf16 queries[kQueries * kPitch];
    bf16 keys[2][kKeys * kPitch];
    bf16 values[2][kKeys * kPitch];
    std::int32_t slots[2][kKeys];
    float totals[R][2][2][kThreads];  // maximum and sum of each thread's queries: seldom read
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
  float scale;  // of scores in powers of two
  const QueryTile* tiles;
  const KvSegment* segments;
  SpanBlocks blocks;
  int heads;
  Rotation rotation;
  bf16* operand;  // [rows, heads * head_dim]; null: fp32 in the queries' place

  __device__ bf16* operand_of(std::int64_t row, std::int64_t head) const {
    return operand + (row * heads + head) * head_dim;
  }
  /// Where the block of a span leaves [head_dim] sums, maximum and sum of weights.
  __device__ float* partial(int span, std::int64_t row, std::int64_t head) const {
    return blocks.partials + ((span * blocks.rows + row) * heads + head) * (head_dim + 2);
  }
};

/// One block's work: the queries of a tile, query i being row i / group, head i % group.
template <int D, int kWarps, int R>
class Block {
  using S = Shape<D, kWarps, R>;
  using Warp = WarpQueries<D, R>;
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
    const int end = tile_.key_tiles > 0 ? tile_.key_tiles : last_ / kKeys + 1;
    if (args_.blocks.partials == nullptr) {
      clear();
      fold(0, end, true);
      return;
    }
    const int span = static_cast<int>(blockIdx.z), begin = span * kSpanTiles;
    const int first = tile_.first_key_tile > begin ? tile_.first_key_tile : begin;
    const int behind = end < begin + kSpanTiles ? end : begin + kSpanTiles;
    if (first >= behind) return;  // all threads of the block
    clear();
    if (first > begin) load_state(span);
    fold(first, behind, false);
    store_state(span);
  }

 private:
  /// Takes in key tiles [first, end), and merges spans where the block makes all of them.
  __device__ void fold(int first, int end, bool merges) {
    load_queries();
    find_slots(first);
    if (first + 1 < end) find_slots(first + 1);  // a shared tile's paths may end before it
    __syncthreads();
    load_tile(first);
    copy_async_commit();
    __syncthreads();  // before find_slots(first + 2) takes the place of the first slots
    for (int t = first; t < end; ++t) {
      if (t + 1 < end) load_tile(t + 1);
      copy_async_commit();  // an empty group keeps the count
      copy_async_wait<1>();
      if (t + 2 < end) find_slots(t + 2);
      __syncthreads();
      own_.score(shared_.queries + warp() * 16 * R * S::kPitch, shared_.keys[t % 2]);
      if ((t + 1) * kKeys - 1 > tile_.position)
        own_.mask([&](int r, int half) { return position(query_of(r, half)) + 1 - t * kKeys; });
      own_.weigh(args_.scale);
      own_.add_values(shared_.values[t % 2]);
      if (merges && (t + 1 == end || (t + 1) % kSpanTiles == 0)) merge_span(t / kSpanTiles);
      __syncthreads();
    }
  }

  __device__ int warp() const { return static_cast<int>(threadIdx.x) / 32; }
  __device__ int query_of(int r, int half) const { return warp() * 16 * R + Warp::query(r, half); }
  __device__ int queries() const { return tile_.rows * args_.group; }
  __device__ std::int32_t position(int query) const {
    return tile_.position + (query < queries() ? query / args_.group : 0);
  }
  __device__ std::int64_t row_of(int query) const { return tile_.row + query / args_.group; }
  __device__ std::int64_t head_of(int query) const {
    return static_cast<std::int64_t>(blockIdx.y) * args_.group + query % args_.group;
  }
  __device__ float* query_row(int query) const {
    return args_.queries + row_of(query) * args_.query_stride + head_of(query) * args_.head_dim;
  }

  /// Four elements and the four half a head behind them at a time; what lies beyond head_dim or the
  /// last query becomes zeros.
  __device__ void load_queries() {
    constexpr int kQuads = D / 8;
    const int half = args_.head_dim / 2;
    for (int i = static_cast<int>(threadIdx.x); i < S::kQueries * kQuads; i += S::kThreads) {
      const int query = i / kQuads, d = i % kQuads * 4;
      const bool inside = d < half;
      float4 low = {0, 0, 0, 0}, high = {0, 0, 0, 0};
      if (inside && query < queries()) {
        const float* from = query_row(query) + d;
        low = load4(from);
        high = load4(from + half);
        if (args_.rotation.cosines != nullptr) turn_query(low, high, row_of(query), d);
      }
      bf16* to = shared_.queries + query * S::kPitch + (inside ? d : 2 * d);
      store4_shared(to, low);
      store4_shared(to + (inside ? half : 4), high);
    }
  }
  __device__ void turn_query(float4& low, float4& high, std::int64_t row, int d) const {
    const Rotation& rotation = args_.rotation;
    const std::int64_t at = rotation.positions[row] * rotation.half + d;
    const float4 cosines = load4(rotation.cosines + at), sines = load4(rotation.sines + at);
    turn(low.x, high.x, cosines.x, sines.x);
    turn(low.y, high.y, cosines.y, sines.y);
    turn(low.z, high.z, cosines.z, sines.z);
    turn(low.w, high.w, cosines.w, sines.w);
  }

  /// Slots of tile t; -1 beyond the last query's position.
  __device__ void find_slots(int t) {
#pragma unroll
    for (int j = 0; j < kSlotsPerThread; ++j) {
      const int i = static_cast<int>(threadIdx.x) + j * S::kThreads;
      if (i >= kKeys) break;
      const std::int32_t key = t * kKeys + i;
      shared_.slots[t % 2][i] = key <= last_ ? slot_on_path(segments_, segment_[j], key) : -1;
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

  __device__ void clear() {
#pragma unroll
    for (int r = 0; r < R; ++r)
#pragma unroll
      for (int half = 0; half < 2; ++half) own_.clear(r, half);
  }

  /// Takes the span into the total, which lies in the query's own place until its last span, and
  /// clears the span's sums. The queries are in shared memory since long.
  __device__ void merge_span(int span) {
#pragma unroll
    for (int r = 0; r < R; ++r)
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const int query = query_of(r, half), last_span = position(query) / kSpanKeys;
        if (query < queries() && last_span >= span) {
          float* kept = &shared_.totals[r][half][0][threadIdx.x];
          Total total{own_.max[r][half], own_.sum[r][half], 0, 1};
          if (span > 0) {
            total = {kept[0], kept[S::kThreads], 0, 0};
            total.merge(own_.max[r][half], own_.sum[r][half]);
          }
          kept[0] = total.max;
          kept[S::kThreads] = total.sum;
          const float inverse = 1.0f / total.sum;
          float* to = query_row(query);
          each_sum(r, half, [&](int d, float& value) {
            if (span > 0) value = total.value(to[d], value);
            if (last_span == span)
              value = value * inverse;
            else
              to[d] = value;
          });
          if (last_span == span) store_result(query, r, half);
        }
        own_.clear(r, half);
      }
  }

  /// A query's values after its last span.
  __device__ void store_result(int query, int r, int half) {
    if (args_.operand == nullptr) {
      float* to = query_row(query);
      each_sum(r, half, [&](int d, float value) { to[d] = value; });
      return;
    }
    bf16* to = args_.operand_of(row_of(query), head_of(query));
    each_pair(r, half, [&](int d, float low, float high) { store2(to + d, low, high); });
  }

  /// For each query of the thread: visit(its state in memory, r, half).
  template <class Visit>
  __device__ void each_state(int span, Visit visit) {
#pragma unroll
    for (int r = 0; r < R; ++r)
#pragma unroll
      for (int half = 0; half < 2; ++half)
        if (const int query = query_of(r, half); query < queries())
          visit(args_.partial(span, row_of(query), head_of(query)), r, half);
  }
  /// For each two neighbouring sums of a query: visit(the first's dimension of the head, both).
  template <class Visit>
  __device__ void each_pair(int r, int half, Visit visit) {
#pragma unroll
    for (int n = 0; n < D / 8; ++n)
      if (const int d = Warp::column(n, 0); d < args_.head_dim)
        visit(d, own_.output[r][n][2 * half], own_.output[r][n][2 * half + 1]);
  }
  /// For each sum of a query: visit(dimension of the head, the sum).
  template <class Visit>
  __device__ void each_sum(int r, int half, Visit visit) {
    each_pair(r, half, [&](int d, float& low, float& high) {
      visit(d, low);
      visit(d + 1, high);
    });
  }

  __device__ void store_state(int span) {
    each_state(span, [&](float* to, int r, int half) {
      each_sum(r, half, [&](int d, float sum) { to[d] = sum; });
      if (Warp::lane() % 4 > 0) return;  // the four threads of a query agree
      to[args_.head_dim] = own_.max[r][half];
      to[args_.head_dim + 1] = own_.sum[r][half];
    });
  }
  /// What a block that had the first tiles of the span left.
  __device__ void load_state(int span) {
    each_state(span, [&](const float* from, int r, int half) {
      each_sum(r, half, [&](int d, float& sum) { sum = from[d]; });
      own_.max[r][half] = from[args_.head_dim];
      own_.sum[r][half] = from[args_.head_dim + 1];
    });
  }

  const TileArgs args_;
  const QueryTile tile_;
  typename S::Shared& shared_;
  const KvSegment* segments_;
  const std::int32_t last_;  // position of the last row
  const std::int64_t head_offset_;
  std::int32_t segment_[kSlotsPerThread] = {};
  Warp own_;
};

/// Merges the spans of a row and head, as one block that makes all of them does.
__global__ void merge_spans_kernel(TileArgs args) {
  const std::int64_t row = blockIdx.x, head = blockIdx.y;
  const int last = args.blocks.positions[row] / kSpanKeys;
  const std::int64_t step = args.blocks.rows * args.heads * (args.head_dim + 2);
  const float* first = args.partial(0, row, head);
  float* out = args.queries + row * args.query_stride + head * args.head_dim;
  for (int d = static_cast<int>(threadIdx.x); d < args.head_dim; d += kMergeThreads) {
    Total total{first[args.head_dim], first[args.head_dim + 1], 0, 1};
    float value = first[d];
    for (int span = 1; span <= last; ++span) {
      const float* partial = first + span * step;
      total.merge(partial[args.head_dim], partial[args.head_dim + 1]);
      value = total.value(value, partial[d]);
    }
    value = value * (1.0f / total.sum);
    if (args.operand != nullptr)
      args.operand_of(row, head)[d] = to_bf16(value);
    else
      out[d] = value;
  }
}

template <int D, int kWarps, int R>
__global__ void attention_bf16_kernel(TileArgs args) {
  Block<D, kWarps, R>(args).run();
}

struct Grid {
  std::int64_t tiles;
  int kv_heads, queries;
};

template <int D, int kWarps, int R>
void start(Shape<D, kWarps, R>, CudaStream stream, const TileArgs& args, const Grid& grid) {
  using S = Shape<D, kWarps, R>;
  launch(attention_bf16_kernel<D, kWarps, R>,
         dim3(static_cast<unsigned>(grid.tiles), static_cast<unsigned>(grid.kv_heads),
              static_cast<unsigned>(args.blocks.partials ? args.blocks.spans : 1)),
         S::kThreads, static_cast<std::int64_t>(sizeof(typename S::Shared)), stream, args);
}

/// visit(the shape for a head and a tile of so many queries).
template <int D, class Visit>
auto with_tile(int queries, Visit visit) {
  if constexpr (D <= kWidestHead) {
    if (queries == kWideQueries) return visit(Shape<D, 4, kWideQueries / 64>{});
    if (queries == kMediumQueries) return visit(Shape<D, 4, kMediumQueries / 64>{});
  }
  return visit(Shape<D, 1, kNarrowQueries / 16>{});
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
  with_shape(args.head_dim, grid.queries, [&](auto shape) { start(shape, stream, args, grid); });
}

}  // namespace

std::int64_t attention_shared_bytes(int head_dim, int queries) {
  return with_shape(head_dim, queries, [](auto shape) {
    return static_cast<std::int64_t>(sizeof(typename decltype(shape)::Shared));
  });
}

void attention_bf16(CudaStream stream, const AttentionArgs& args, const QueryTiles& tiles,
                    const KvSegment* segments, const SpanBlocks& blocks, const Rotation& rotation) {
  constexpr float kLog2E = 1.44269504f;
  TileArgs tile{args.queries,
                args.query_stride,
                reinterpret_cast<const bf16*>(args.keys),
                reinterpret_cast<const bf16*>(args.values),
                args.kv_stride,
                args.heads / args.kv_heads,
                args.head_dim,
                args.scale * kLog2E,
                tiles.shared,
                segments,
                blocks,
                args.heads,
                rotation,
                static_cast<bf16*>(args.operand)};
  if (tiles.shared_count > 0)
    start_for(stream, tile, {tiles.shared_count, args.kv_heads, kNarrowQueries});
  tile.tiles = tiles.own;
  start_for(stream, tile, {tiles.count, args.kv_heads, tiles.queries});
  if (blocks.partials)
    launch(merge_spans_kernel,
           dim3(static_cast<unsigned>(blocks.rows), static_cast<unsigned>(args.heads)),
           kMergeThreads, 0, stream, tile);
}

}  // namespace flm::cuda
