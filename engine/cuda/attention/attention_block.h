// One block's work in bf16 attention, whatever instruction makes its products: tiles of 64 keys at
// absolute positions, gathered by slot, ascending; spans, masks, states. Included after <device.h>.
#pragma once

#include <device.h>

#include "engine/cuda/attention/attention.h"
#include "engine/cuda/attention/head_group.h"
#include "engine/cuda/attention/online_softmax.h"
#include "engine/cuda/kernels/device_math.h"

namespace flm::cuda {

constexpr int kSpanTiles = kSpanKeys / kKeys;
constexpr int kChunk = 8;                      // elements that a thread copies at a time
constexpr std::uint32_t kNoKey = 0xFFFFFFFFu;  // beyond the last query

/// Shared memory of an H100's multiprocessor, and what each block takes of it beside its own.
constexpr std::int64_t kSharedOfAll = 228 * 1024, kSharedOfRuntime = 1024;

struct TileArgs {
  float* queries;
  std::int64_t query_stride;
  const bf16* keys;
  const bf16* values;
  std::int64_t kv_stride;
  HeadGroup group;
  int section;  // key heads whose tiles start together
  int head_dim;
  float scale;  // of scores, or of capped ones, in powers of two
  const QueryTile* tiles;
  const KvSegment* segments;
  SpanBlocks blocks;
  int heads;
  Rotation rotation;
  bf16* operand;         // [rows, heads * head_dim]; null: fp32 in the queries' place
  int window;            // 0: none
  float cap, cap_scale;  // cap * tanh(dot * cap_scale / cap); 0: none

  /// The first position that a row at `position` sees.
  __device__ std::int32_t seen(std::int32_t position) const {
    return window > 0 && position >= window ? position - window + 1 : 0;
  }
  __device__ bf16* operand_of(std::int64_t row, std::int64_t head) const {
    return operand + (row * heads + head) * head_dim;
  }
  /// Where the block of a span leaves [head_dim] sums, the maximum and four sums of weights.
  __device__ float* partial(int span, std::int64_t row, std::int64_t head) const {
    return blocks.partials +
           ((span * blocks.rows + row) * heads + head) * (head_dim + kStateFloats);
  }
  /// Of the state at `from`: the sum of weights, as WarpQueries::whole_sum makes it.
  __device__ float whole_sum(const float* from) const {
    const float* sums = from + head_dim + 1;
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
  }
};

/// One block's work: the queries of a tile, query i being row i / group, head i % group. Blocks
/// start in the order of their index: the tiles in theirs, each for all key heads of a section.
/// S: the widths of a block, what lies in its shared memory, and what makes its products
/// (WarpShape, WarpgroupShape). kRuled: scores have a window or a cap; the others' code is as it
/// would be without.
template <class S, bool kRuled>
class Block {
  using Warp = typename S::Warp;

 public:
  __device__ Block(const TileArgs& args)
      : args_(args),
        tile_(args.tiles[static_cast<int>(blockIdx.x) / args.section]),
        shared_(*shared_memory<typename S::Shared>()),
        segments_(args.segments + tile_.path_begin),
        last_(tile_.position + tile_.rows - 1),
        key_head_(static_cast<int>(blockIdx.y) * args.section +
                  static_cast<int>(blockIdx.x) % args.section) {}

  __device__ void run() {
    const bool merges = args_.blocks.partials == nullptr;
    const int span = static_cast<int>(blockIdx.z), begin = span * kSpanTiles;
    int first = 0, behind = tile_.key_tiles > 0 ? tile_.key_tiles : last_ / kKeys + 1;
    if (!merges) {
      first = !windowed() && tile_.first_key_tile > begin ? tile_.first_key_tile : begin;
      behind = behind < begin + kSpanTiles ? behind : begin + kSpanTiles;
    }
    if constexpr (kRuled) {
      const int seen = args_.seen(tile_.position) / kKeys;
      first = seen > first ? seen : first;
    }
    if (first >= behind) return;  // all threads of the block
    clear();
    if (first > begin && !windowed()) load_state(span);
    fold(first, behind, merges);
    if (!merges) store_state(span);
  }

 private:
  /// Shared tiles and their states are of rows that see all keys.
  __device__ bool windowed() const { return kRuled && args_.window > 0; }
  /// That the block takes in.
  __device__ int first_span() const {
    return windowed() ? args_.seen(tile_.position) / kSpanKeys : 0;
  }

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
      Warp::show_stores();
      __syncthreads();
      own_.take_in(shared_, t % 2, args_.scale,
                   [&](int from, int to) { rule_scores(t, from, to); });
      if (merges && (t + 1 == end || (t + 1) % kSpanTiles == 0)) merge_span(t / kSpanTiles);
      __syncthreads();
    }
  }

  /// Scores of row tiles [from, to) and key tile t: the cap, and the keys that a query does not
  /// see.
  __device__ void rule_scores(int t, int from, int to) {
    if constexpr (kRuled)
      if (args_.cap > 0) own_.cap(from, to, args_.cap_scale, args_.cap);
    if ((t + 1) * kKeys - 1 > tile_.position)
      own_.mask(from, to,
                [&](int r, int half) { return position(Warp::query(r, half)) + 1 - t * kKeys; });
    if constexpr (kRuled)
      if (t * kKeys < args_.seen(last_))
        own_.mask_before(from, to, [&](int r, int half) {
          return args_.seen(position(Warp::query(r, half))) - t * kKeys;
        });
  }

  __device__ int queries() const { return tile_.rows * args_.group.heads; }
  __device__ std::int32_t position(int query) const {
    return tile_.position + (query < queries() ? args_.group.row_of(query) : 0);
  }
  __device__ std::int64_t row_of(int query) const { return tile_.row + args_.group.row_of(query); }
  __device__ std::int64_t head_of(int query) const {
    return key_head_ * args_.group.heads + args_.group.head_of(query);
  }
  __device__ float* query_row(int query) const {
    return args_.queries + row_of(query) * args_.query_stride + head_of(query) * args_.head_dim;
  }

  /// Four elements and the four half a head behind them at a time; what lies beyond head_dim or the
  /// last query becomes zeros.
  __device__ void load_queries() {
    constexpr int kQuads = S::kDim / 8;
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
      const int at = inside ? d : 2 * d;
      store4_shared(shared_.queries + S::query_place(query, at), low);
      store4_shared(shared_.queries + S::query_place(query, at + (inside ? half : 4)), high);
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

  /// Where the keys of tile t lie.
  __device__ void find_slots(int t) {
    if (threadIdx.x >= kKeys) return;
    const std::int32_t key = t * kKeys + static_cast<std::int32_t>(threadIdx.x);
    std::uint32_t place = kNoKey;
    if (key <= last_)
      place = static_cast<std::uint32_t>(slot_on_path(segments_, segment_, key)) *
                  static_cast<std::uint32_t>(args_.kv_stride / kChunk) +
              static_cast<std::uint32_t>(key_head_ * args_.head_dim / kChunk);
    shared_.places[t % 2][threadIdx.x] = place;
  }

  /// Starts the copies of tile t; what lies beyond head_dim or the last position becomes zeros. A
  /// thread has the same chunk of each of its keys.
  __device__ void load_tile(int t) {
    constexpr int kChunks = S::kDim / kChunk, kAtOnce = S::kThreads / kChunks;  // keys
    const int thread = static_cast<int>(threadIdx.x), first = thread / kChunks;
    const int chunk = thread % kChunks;
    if (first >= kAtOnce) return;
    const bool inside = chunk * kChunk < args_.head_dim;
#pragma unroll
    for (int i = 0; i < (kKeys + kAtOnce - 1) / kAtOnce; ++i) {
      const int key = first + i * kAtOnce;
      if (kKeys % kAtOnce > 0 && key >= kKeys) return;
      const std::uint32_t place = shared_.places[t % 2][key];
      const bool valid = inside && place != kNoKey;
      const std::uint64_t from = valid ? place + static_cast<std::uint32_t>(chunk) : 0;
      const int to = S::key_place(key, chunk * kChunk);
      copy_async_16(shared_.keys[t % 2] + to, args_.keys + from * kChunk, valid);
      copy_async_16(shared_.values[t % 2] + to, args_.values + from * kChunk, valid);
    }
  }

  __device__ void clear() {
#pragma unroll
    for (int r = 0; r < S::kRowTiles; ++r)
#pragma unroll
      for (int half = 0; half < 2; ++half) own_.clear(r, half);
  }

  /// Takes the span into the total, which lies in the query's own place until its last span, and
  /// clears the span's sums. The queries are in shared memory since long.
  __device__ void merge_span(int span) {
#pragma unroll
    for (int r = 0; r < S::kRowTiles; ++r)
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const float sum = own_.whole_sum(r, half);
        const int query = Warp::query(r, half), last_span = position(query) / kSpanKeys;
        if (query < queries() && last_span >= span) {
          float* kept = &shared_.totals[r][half][0][threadIdx.x];
          Total total{own_.max[r][half], sum, 0, 1};
          if (span > first_span()) {
            total = {kept[0], kept[S::kThreads], 0, 0};
            total.merge(own_.max[r][half], sum);
          }
          kept[0] = total.max;
          kept[S::kThreads] = total.sum;
          const float inverse = 1.0f / total.sum;
          float* to = query_row(query);
          each_sum(r, half, [&](std::int64_t d, float& value) {
            if (span > first_span()) value = total.value(to[d], value);
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
      each_sum(r, half, [&](std::int64_t d, float value) { to[d] = value; });
      return;
    }
    bf16* to = args_.operand_of(row_of(query), head_of(query));
    each_pair(r, half, [&](std::int64_t d, float low, float high) { store2(to + d, low, high); });
  }

  /// For each query of the thread: visit(its state in memory, r, half).
  template <class Visit>
  __device__ void each_state(int span, Visit visit) {
#pragma unroll
    for (int r = 0; r < S::kRowTiles; ++r)
#pragma unroll
      for (int half = 0; half < 2; ++half)
        if (const int query = Warp::query(r, half); query < queries())
          visit(args_.partial(span, row_of(query), head_of(query)), r, half);
  }
  /// For each two neighbouring sums of a query: visit(the first's dimension of the head, both).
  /// Dimensions of 64 bits: one address and constant offsets, where 32 made an address for each
  /// sum, kept over all tiles.
  template <class Visit>
  __device__ void each_pair(int r, int half, Visit visit) {
    const std::int64_t first = Warp::column(0, 0);
    const int within = args_.head_dim - Warp::column(0, 0);  // 8 at a time, as head_dim has them
#pragma unroll
    for (int n = 0; n < Warp::kPartColumns / 8; ++n)
      if (8 * n < within)
        visit(first + 8 * n, own_.output[r][n][2 * half], own_.output[r][n][2 * half + 1]);
  }
  /// For each sum of a query: visit(dimension of the head, the sum).
  template <class Visit>
  __device__ void each_sum(int r, int half, Visit visit) {
    each_pair(r, half, [&](std::int64_t d, float& low, float& high) {
      visit(d, low);
      visit(d + 1, high);
    });
  }

  __device__ void store_state(int span) {
    each_state(span, [&](float* to, int r, int half) {
      each_sum(r, half, [&](std::int64_t d, float sum) { to[d] = sum; });
      if (Warp::part() > 0)
        return;  // all parts agree, and the four lanes of a query on its maximum
      if (Warp::lane() % 4 == 0) to[args_.head_dim] = own_.max[r][half];
      to[args_.head_dim + 1 + Warp::lane() % 4] = own_.sum[r][half];
    });
  }
  /// What a block that had the first tiles of the span left.
  __device__ void load_state(int span) {
    each_state(span, [&](const float* from, int r, int half) {
      each_sum(r, half, [&](std::int64_t d, float& sum) { sum = from[d]; });
      own_.max[r][half] = from[args_.head_dim];
      own_.sum[r][half] = from[args_.head_dim + 1 + Warp::lane() % 4];
    });
  }

  const TileArgs args_;
  const QueryTile& tile_;
  typename S::Shared& shared_;
  const KvSegment* segments_;
  const std::int32_t last_;  // position of the last row
  const std::int64_t key_head_;
  std::int32_t segment_ = 0;
  Warp own_;
};

/// What kernels read of a call, for the tiles at `tiles`.
inline TileArgs tile_args(const AttentionArgs& args, const QueryTile* tiles,
                          const KvSegment* segments, const SpanBlocks& blocks,
                          const Rotation& rotation) {
  constexpr float kLog2E = 1.44269504f;
  return {args.queries,
          args.query_stride,
          reinterpret_cast<const bf16*>(args.keys),
          reinterpret_cast<const bf16*>(args.values),
          args.kv_stride,
          HeadGroup(args.heads / args.kv_heads),
          heads_of_a_section(args.kv_heads),
          args.head_dim,
          args.score_cap > 0 ? kLog2E : args.scale * kLog2E,
          tiles,
          segments,
          blocks,
          args.heads,
          rotation,
          static_cast<bf16*>(args.operand),
          args.window,
          args.score_cap,
          args.scale};
}

/// Blocks of `tiles` tiles for all key heads.
inline dim3 tile_grid(const TileArgs& args, std::int64_t tiles, int kv_heads) {
  return dim3(static_cast<unsigned>(tiles * args.section),
              static_cast<unsigned>(kv_heads / args.section),
              static_cast<unsigned>(args.blocks.partials ? args.blocks.spans : 1));
}

}  // namespace flm::cuda
