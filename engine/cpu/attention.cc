#include "engine/cpu/attention.h"

#include <algorithm>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

#include "engine/cpu/path_tiles.h"

namespace flm {
namespace {

// Rows of one path that go through a tile while it is in cache: several times six, the queries that
// are computed together.
constexpr std::int32_t kRowsTogether = 48;

/// First row after `row` that does not continue its path by one position.
std::int32_t run_end(const PackedBatch& batch, std::int32_t row, std::int32_t end) {
  std::int32_t next = row + 1;
  while (next < end && next - row < kRowsTogether) {
    const auto n = static_cast<std::size_t>(next);
    // A path of several segments grows by one where the row enters the next one.
    if (batch.path_begin[n] != batch.path_begin[n - 1] ||
        batch.positions[n] != batch.positions[n - 1] + 1)
      break;
    ++next;
  }
  return next;
}

/// Leading tiles whose slots are the same for both rows, and which both see whole.
std::int32_t shared_tiles(const PackedBatch& batch, std::int32_t a, std::int32_t b) {
  const std::int32_t both = std::min(batch.positions[static_cast<std::size_t>(a)],
                                     batch.positions[static_cast<std::size_t>(b)]);
  return shared_slots(batch, a, b, both + 1) / kKeyTile;
}

/// Rows of one path, or of a few whose first tiles are the same: sequences that decode under one
/// header go through it together.
struct RowGroup {
  std::vector<std::int32_t> ends;  // of each path's rows
  std::int32_t shared = 0;         // tiles; 0 where the path is one
};

/// Those from `row` on. A path joins where more of the tiles' visits are saved with it than
/// without; none where windows leave the shared tiles behind.
RowGroup group_from(const PackedBatch& batch, int window, std::int32_t row, std::int32_t end) {
  RowGroup group{{run_end(batch, row, end)}};
  if (window > 0) return group;
  while (group.ends.back() < end) {
    const std::int32_t next = group.ends.back(), next_end = run_end(batch, next, end);
    if (next_end - row > kRowsTogether) break;
    const auto paths = static_cast<std::int32_t>(group.ends.size());
    std::int32_t shared = shared_tiles(batch, next - 1, next);
    const std::int32_t seen = (batch.positions[static_cast<std::size_t>(row)] + 1) / kKeyTile;
    if (paths > 1)
      shared = std::min(shared, group.shared);
    else if (seen < shared)  // the first row of its path sees less of it than the last
      break;
    if (shared * paths <= group.shared * (paths - 1)) break;
    group.ends.push_back(next_end);
    group.shared = shared;
  }
  return group;
}

/// The first position that a row at `position` sees.
std::int32_t first_seen(std::int32_t position, int window) {
  return window > 0 ? std::max(0, position - window + 1) : 0;
}

// The kernel of each kind of operands.
void attend(const Kernels& kernels, const AttentionTile<float>& tile,
            std::span<QueryState<float>> queries, ScoreRule rule) {
  kernels.attend_tile(tile, queries.data(), static_cast<int>(queries.size()), rule);
}
void attend(const Kernels& kernels, const AttentionTile<std::uint32_t>& tile,
            std::span<QueryState<std::uint32_t>> queries, ScoreRule rule) {
  kernels.attend_pairs(tile, queries.data(), static_cast<int>(queries.size()), rule);
}

/// The queries of a few rows, ordered by row, then head, so that neighbours of a path see nearly as
/// many keys.
template <class Word>
class QueryBlock {
 public:
  QueryBlock(const Kernels& kernels, const PackedBatch& batch, const AttentionArgs& args,
             int kv_head, std::int32_t begin, std::int32_t end)
      : kernels_(kernels), args_(args) {
    const std::int64_t columns = (args.head_dim + 15) / 16 * 16,
                       words = (args.head_dim + kInWord<Word> - 1) / kInWord<Word>;
    const int group = args.heads / args.kv_heads;
    const auto count = static_cast<std::size_t>(group * (end - begin));
    sums_.assign(count * static_cast<std::size_t>(columns), 0.0f);
    if (!std::is_same_v<Word, float>) queries_.resize(count * static_cast<std::size_t>(words));
    states_.reserve(count);
    outputs_.reserve(count);
    positions_.reserve(count);
    float* sums = sums_.data();
    Word* query = queries_.data();
    for (std::int32_t row = begin; row < end; ++row)
      for (int head = kv_head * group; head < (kv_head + 1) * group; ++head) {
        outputs_.push_back(args.queries + row * args.query_stride +
                           static_cast<std::int64_t>(head) * args.head_dim);
        positions_.push_back(batch.positions[static_cast<std::size_t>(row)]);
        states_.push_back({operands(kernels, outputs_.back(), args.head_dim, query), sums,
                           -std::numeric_limits<float>::infinity(), 0, 0});
        sums += columns;
        query += words;
      }
  }

  std::size_t size() const { return states_.size(); }

  /// The queries [first, end), whose positions ascend: those that see any key of a tile are the
  /// last ones, those whose windows begin behind it the very last. Or all of them, where each sees
  /// the whole tile.
  void attend_to(const AttentionTile<Word>& tile, std::int32_t first_key, std::size_t first,
                 std::size_t end) {
    while (positions_[first] < first_key) ++first;
    while (first < end && first_seen(positions_[end - 1], args_.window) >= first_key + kKeyTile)
      --end;
    for (std::size_t i = first; i < end; ++i) {
      states_[i].keys = std::min(positions_[i] + 1 - first_key, kKeyTile);
      states_[i].first_key = std::max(0, first_seen(positions_[i], args_.window) - first_key);
    }
    attend(kernels_, tile, std::span(states_).subspan(first, end - first),
           {args_.scale, args_.score_cap});
  }

  void finish() const {
    for (std::size_t i = 0; i < states_.size(); ++i)
      kernels_.divide(states_[i].sum_values, states_[i].sum, args_.head_dim, outputs_[i]);
  }

 private:
  const Kernels& kernels_;
  const AttentionArgs& args_;
  std::vector<QueryState<Word>> states_;
  std::vector<float*> outputs_;
  std::vector<std::int32_t> positions_;
  std::vector<Word> queries_;
  std::vector<float> sums_;
};

/// The tiles [begin, end) of the path that `tiles` follows, each for the queries [first, last).
template <class Word>
void attend_tiles(const PathTiles<Word>& tiles, std::int32_t begin, std::int32_t end,
                  QueryBlock<Word>& block, std::size_t first, std::size_t last) {
  if (begin == end) return;
  AttentionTile<Word> tile = tiles.tile(begin), following = tile;
  for (std::int32_t t = begin; t < end; ++t, tile = following) {
    if (t + 1 < end) following = tiles.tile(t + 1);
    tile.next_keys = following.keys;
    tile.next_values = following.values;
    block.attend_to(tile, t * kKeyTile, first, last);
  }
}

}  // namespace

template <class Word>
void attend_rows(const Kernels& kernels, const PackedBatch& batch, const AttentionArgs& args,
                 int kv_head, std::int32_t begin, std::int32_t end) {
  if (begin == end) return;
  const auto positions =
      std::span(batch.positions)
          .subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
  PathTiles<Word> tiles(kernels, batch, args, kv_head,
                        *std::max_element(positions.begin(), positions.end()) + 1);
  for (std::int32_t row = begin; row < end;) {
    const RowGroup group = group_from(batch, args.window, row, end);
    QueryBlock<Word> block(kernels, batch, args, kv_head, row, group.ends.back());
    const auto queries = static_cast<std::size_t>(args.heads / args.kv_heads);  // of a row
    std::size_t first = 0;
    for (const std::int32_t path_end : group.ends) {
      tiles.follow(path_end - 1);
      if (first == 0) attend_tiles(tiles, 0, group.shared, block, 0, block.size());
      const std::size_t last = first + static_cast<std::size_t>(path_end - row) * queries;
      const std::int32_t keys = batch.positions[static_cast<std::size_t>(path_end - 1)] + 1;
      const std::int32_t seen =
          first_seen(batch.positions[static_cast<std::size_t>(row)], args.window) / kKeyTile;
      attend_tiles(tiles, std::max(group.shared, seen), (keys + kKeyTile - 1) / kKeyTile, block,
                   first, last);
      first = last;
      row = path_end;
    }
    block.finish();
  }
}

template void attend_rows<float>(const Kernels&, const PackedBatch&, const AttentionArgs&, int,
                                 std::int32_t, std::int32_t);
template void attend_rows<std::uint32_t>(const Kernels&, const PackedBatch&, const AttentionArgs&,
                                         int, std::int32_t, std::int32_t);

}  // namespace flm
