#include "engine/cpu/attention.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "engine/cpu/path_tiles.h"

namespace flm {
namespace {

constexpr std::int32_t kRowsTogether =
    16;  // rows of one path that go through a tile while it is in cache

/// First row after `row` that does not continue its path by one position.
std::int32_t run_end(const PackedBatch& batch, std::int32_t row, std::int32_t end) {
  std::int32_t next = row + 1;
  while (next < end && next - row < kRowsTogether) {
    const auto n = static_cast<std::size_t>(next);
    const bool same_path = batch.path_begin[n] == batch.path_begin[n - 1] &&
                           batch.path_count[n] == batch.path_count[n - 1];
    if (!same_path || batch.positions[n] != batch.positions[n - 1] + 1) break;
    ++next;
  }
  return next;
}

/// The queries of a few rows on one path, ordered by head, then row, so that neighbours see as many
/// keys.
class QueryBlock {
 public:
  QueryBlock(const PackedBatch& batch, const AttentionArgs& args, int kv_head, std::int32_t begin,
             std::int32_t end)
      : args_(args), value_stride_((args.head_dim + 15) / 16 * 16) {
    const int group = args.heads / args.kv_heads;
    const std::size_t count =
        static_cast<std::size_t>(group) * static_cast<std::size_t>(end - begin);
    sums_.assign(count * static_cast<std::size_t>(value_stride_), 0.0f);
    for (int head = kv_head * group; head < (kv_head + 1) * group; ++head)
      for (std::int32_t row = begin; row < end; ++row) {
        float* query = args.queries + row * args.query_stride +
                       static_cast<std::int64_t>(head) * args.head_dim;
        float* sum = sums_.data() + states_.size() * static_cast<std::size_t>(value_stride_);
        states_.push_back({query, sum, -std::numeric_limits<float>::infinity(), 0, 0});
        outputs_.push_back(query);
        positions_.push_back(batch.positions[static_cast<std::size_t>(row)]);
      }
  }

  void attend(const Kernels& kernels, const AttentionTile& tile, std::int32_t first_key) {
    visible_.clear();
    for (std::size_t i = 0; i < states_.size(); ++i) {
      states_[i].keys = std::clamp(positions_[i] + 1 - first_key, 0, kKeyTile);
      if (states_[i].keys > 0) visible_.push_back(i);
    }
    if (visible_.size() == states_.size()) {
      kernels.attend_tile(tile, states_.data(), static_cast<int>(states_.size()), args_.scale);
      return;
    }
    for (std::size_t i : visible_) kernels.attend_tile(tile, &states_[i], 1, args_.scale);
  }

  void finish() {
    for (std::size_t i = 0; i < states_.size(); ++i)
      for (int d = 0; d < args_.head_dim; ++d)
        outputs_[i][d] = states_[i].sum_values[d] / states_[i].sum;
  }

 private:
  const AttentionArgs& args_;
  int value_stride_;
  std::vector<QueryState> states_;
  std::vector<float*> outputs_;
  std::vector<std::int32_t> positions_;
  std::vector<std::size_t> visible_;
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
    for (std::int32_t t = 0; t * kKeyTile <= last; ++t)
      block.attend(kernels, tiles.tile(t), t * kKeyTile);
    block.finish();
    row = next;
  }
}

}  // namespace flm
