#include "engine/cpu/attention.h"

#include <algorithm>
#include <limits>
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

/// The queries of a few rows on one path, ordered by row, then head, so that neighbours see nearly
/// as many keys.
class QueryBlock {
 public:
  QueryBlock(const PackedBatch& batch, const AttentionArgs& args, int kv_head, std::int32_t begin,
             std::int32_t end)
      : args_(args), columns_((args.head_dim + 15) / 16 * 16) {
    const int group = args.heads / args.kv_heads;
    const auto count = static_cast<std::size_t>(group * (end - begin));
    sums_.assign(count * static_cast<std::size_t>(columns_), 0.0f);
    states_.reserve(count);
    for (std::int32_t row = begin; row < end; ++row)
      for (int head = kv_head * group; head < (kv_head + 1) * group; ++head) {
        outputs_.push_back(args.queries + row * args.query_stride +
                           static_cast<std::int64_t>(head) * args.head_dim);
        positions_.push_back(batch.positions[static_cast<std::size_t>(row)]);
        states_.push_back({outputs_.back(),
                           sums_.data() + states_.size() * static_cast<std::size_t>(columns_),
                           -std::numeric_limits<float>::infinity(), 0, 0});
      }
  }

  /// Positions ascend: the queries that see any key of a tile are the last ones.
  void attend(const Kernels& kernels, const AttentionTile& tile, std::int32_t first_key) {
    std::size_t first = 0;
    while (positions_[first] < first_key) ++first;
    for (std::size_t i = first; i < states_.size(); ++i)
      states_[i].keys = std::min(positions_[i] + 1 - first_key, kKeyTile);
    kernels.attend_tile(tile, states_.data() + first, static_cast<int>(states_.size() - first),
                        args_.scale);
  }

  void finish(const Kernels& kernels) const {
    for (std::size_t i = 0; i < states_.size(); ++i)
      kernels.divide(states_[i].sum_values, states_[i].sum, args_.head_dim, outputs_[i]);
  }

 private:
  const AttentionArgs& args_;
  int columns_;
  std::vector<QueryState> states_;
  std::vector<float*> outputs_;
  std::vector<std::int32_t> positions_;
  std::vector<float> sums_;
};

}  // namespace

void attend_rows(const Kernels& kernels, const PackedBatch& batch, const AttentionArgs& args,
                 int kv_head, std::int32_t begin, std::int32_t end) {
  PathTiles tiles(batch, args, kv_head);
  for (std::int32_t row = begin; row < end;) {
    const std::int32_t next = run_end(batch, row, end);
    tiles.follow(next - 1);
    QueryBlock block(batch, args, kv_head, row, next);
    const std::int32_t last = batch.positions[static_cast<std::size_t>(next - 1)];
    AttentionTile tile = tiles.tile(0), following = tile;
    for (std::int32_t t = 0; t * kKeyTile <= last; ++t, tile = following) {
      if ((t + 1) * kKeyTile <= last) following = tiles.tile(t + 1);
      tile.next_keys = following.keys;
      tile.next_values = following.values;
      block.attend(kernels, tile, t * kKeyTile);
    }
    block.finish(kernels);
    row = next;
  }
}

}  // namespace flm
