#include "engine/cpu/path_tiles.h"

#include <algorithm>

#include "base/errors.h"

namespace flm {

PathTiles::PathTiles(const PackedBatch& batch, const AttentionArgs& args, int kv_head,
                     std::int32_t longest)
    : batch_(batch),
      args_(args),
      kv_head_(kv_head),
      value_columns_((args.head_dim + 15) / 16 * 16),
      in_place_(args.stored && args.head_dim % 16 == 0) {
  if (in_place_) return;
  // Else they would grow by doubling, to more than was planned for.
  const std::size_t tiles = static_cast<std::size_t>(longest - 1) / kKeyTile + 1;
  slots_.reserve(static_cast<std::size_t>(longest));
  keys_.reserve(tiles * static_cast<std::size_t>(args.head_dim * kKeyTile));
  values_.reserve(tiles * static_cast<std::size_t>(kKeyTile * value_columns_));
}

void PathTiles::follow(std::int32_t row) {
  const auto r = static_cast<std::size_t>(row);
  const std::int32_t last = batch_.positions[r];
  std::int32_t expected = 0;
  const KvSegment* segment = batch_.segments.data() + batch_.path_begin[r];
  if (in_place_) slots_.clear();
  for (std::int32_t i = 0; i < batch_.path_count[r] && expected <= last; ++i, ++segment) {
    FLM_CHECK(segment->position == expected, "a path has a gap");
    const std::int32_t end = std::min(segment->position + segment->length, last + 1);
    if (in_place_)
      FLM_CHECK(segment->position % kKeyTile == 0 && segment->slot % kKeyTile == 0,
                "stored keys and values are not aligned to the tile");
    for (; expected < end; expected += in_place_ ? std::min(kKeyTile, end - expected) : 1) {
      const std::int32_t slot = segment->slot + expected - segment->position;
      if (in_place_)
        slots_.push_back(slot);
      else
        place(expected, slot);
    }
  }
  FLM_CHECK(expected == last + 1, "a path ends before its row");
}

void PathTiles::place(std::int32_t position, std::int32_t slot) {
  const auto p = static_cast<std::size_t>(position);
  if (p < slots_.size() && slots_[p] == slot) return;
  const std::int64_t d = args_.head_dim, column = kv_head_ * d;
  if (p >= slots_.size()) {
    slots_.resize(p + 1, -1);
    const std::size_t tiles = p / kKeyTile + 1;
    keys_.resize(tiles * static_cast<std::size_t>(d * kKeyTile), 0.0f);
    values_.resize(tiles * static_cast<std::size_t>(kKeyTile * value_columns_), 0.0f);
  }
  slots_[p] = slot;
  float* key = keys_.data() + position / kKeyTile * d * kKeyTile + position % kKeyTile;
  const float* from = args_.keys + (args_.stored ? stored_key(slot, column, args_.kv_stride)
                                                 : slot * args_.kv_stride + column);
  const std::int64_t step = args_.stored ? kKeyTile : 1;
  for (std::int64_t i = 0; i < d; ++i) key[i * kKeyTile] = from[i * step];
  float* value =
      values_.data() + position / kKeyTile * kKeyTile * value_columns_ + position % kKeyTile * 16;
  for (std::int64_t i = 0; i < d; i += 16, value += 16 * kKeyTile) {
    const std::int64_t count = std::min<std::int64_t>(16, d - i);
    if (!args_.stored)
      std::copy_n(args_.values + slot * args_.kv_stride + column + i, count, value);
    else
      for (std::int64_t j = 0; j < count; ++j)
        value[j] = args_.values[stored_value(slot, column + i + j, args_.kv_stride)];
  }
}

AttentionTile PathTiles::tile(std::int32_t index) const {
  const std::int64_t d = args_.head_dim;
  if (!in_place_)
    return {keys_.data() + index * d * kKeyTile,
            values_.data() + static_cast<std::int64_t>(index) * kKeyTile * value_columns_,
            args_.head_dim, value_columns_};
  const std::int64_t slot = slots_[static_cast<std::size_t>(index)], column = kv_head_ * d;
  return {args_.keys + stored_key(slot, column, args_.kv_stride),
          args_.values + stored_value(slot, column, args_.kv_stride), args_.head_dim,
          value_columns_};
}

}  // namespace flm
