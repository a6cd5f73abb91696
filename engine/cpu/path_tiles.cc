#include "engine/cpu/path_tiles.h"

#include <algorithm>

#include "base/errors.h"

namespace flm {

PathTiles::PathTiles(const PackedBatch& batch, const AttentionArgs& args, int kv_head)
    : batch_(batch),
      args_(args),
      kv_head_(kv_head),
      value_stride_((args.head_dim + 15) / 16 * 16) {}

void PathTiles::follow(std::int32_t row) {
  const auto r = static_cast<std::size_t>(row);
  const std::int32_t last = batch_.positions[r];
  std::int32_t expected = 0;
  const KvSegment* segment = batch_.segments.data() + batch_.path_begin[r];
  for (std::int32_t i = 0; i < batch_.path_count[r] && expected <= last; ++i, ++segment) {
    FLM_CHECK(segment->position == expected, "a path has a gap");
    const std::int32_t end = std::min(segment->position + segment->length, last + 1);
    for (; expected < end; ++expected)
      place(expected, segment->slot + expected - segment->position);
  }
  FLM_CHECK(expected == last + 1, "a path ends before its row");
}

void PathTiles::place(std::int32_t position, std::int32_t slot) {
  const auto p = static_cast<std::size_t>(position);
  if (p < slots_.size() && slots_[p] == slot) return;
  const std::int64_t d = args_.head_dim;
  if (p >= slots_.size()) {
    slots_.resize(p + 1, -1);
    const std::size_t tiles = p / kKeyTile + 1;
    keys_.resize(tiles * static_cast<std::size_t>(d * kKeyTile), 0.0f);
    values_.resize(tiles * static_cast<std::size_t>(kKeyTile * value_stride_), 0.0f);
  }
  slots_[p] = slot;
  const std::int64_t source = slot * args_.kv_stride + kv_head_ * d;
  float* key = keys_.data() + position / kKeyTile * d * kKeyTile + position % kKeyTile;
  float* value = values_.data() + static_cast<std::int64_t>(position) * value_stride_;
  for (std::int64_t i = 0; i < d; ++i) key[i * kKeyTile] = args_.keys[source + i];
  std::copy_n(args_.values + source, d, value);
}

AttentionTile PathTiles::tile(std::int32_t index) const {
  const std::int64_t d = args_.head_dim;
  return {keys_.data() + index * d * kKeyTile,
          values_.data() + static_cast<std::int64_t>(index) * kKeyTile * value_stride_,
          args_.head_dim, value_stride_};
}

}  // namespace flm
