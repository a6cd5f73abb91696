#include "engine/cpu/path_tiles.h"

#include <algorithm>

#include "base/errors.h"

namespace flm {
namespace {

constexpr std::int32_t kLine = 16;  // floats of a line of the cache

}  // namespace

PathTiles::PathTiles(const PackedBatch& batch, const AttentionArgs& args, int kv_head,
                     std::int32_t longest)
    : batch_(batch),
      args_(args),
      kv_head_(kv_head),
      value_columns_((args.head_dim + 15) / 16 * 16),
      in_place_(args.stored && args.head_dim % 16 == 0) {
  if (in_place_) return;
  const std::int64_t tiles = (longest - 1) / kKeyTile + 1;
  slots_.assign(static_cast<std::size_t>(longest), -1);
  keys_ = allocate_floats(tiles * args.head_dim * kKeyTile);
  values_ = allocate_floats(tiles * kKeyTile * value_columns_);
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
    if (in_place_)
      for (; expected < end; expected += kKeyTile)
        slots_.push_back(segment->slot + expected - segment->position);
    else
      gather(segment->slot - segment->position, expected, end);
    expected = end;
  }
  FLM_CHECK(expected == last + 1, "a path ends before its row");
}

void PathTiles::gather(std::int32_t to_slot, std::int32_t begin, std::int32_t end) {
  const auto slot_at = [&](std::int32_t p) -> std::int32_t& {
    return slots_[static_cast<std::size_t>(p)];
  };
  while (begin < end && slot_at(begin) == begin + to_slot) ++begin;
  for (std::int32_t p = begin; p < end; ++p) slot_at(p) = p + to_slot;
  for (std::int32_t next; begin < end; begin = next) {
    next = std::min(end, begin / kLine * kLine + kLine);
    copy_keys(begin, begin + to_slot, next - begin);
    for (; begin < next; ++begin) copy_values(begin, begin + to_slot);
  }
}

/// Column by column: the keys of a few positions share a line of the cache.
void PathTiles::copy_keys(std::int32_t position, std::int32_t slot, std::int32_t count) {
  const std::int64_t d = args_.head_dim, column = kv_head_ * d;
  float* to = keys_.get() + position / kKeyTile * d * kKeyTile + position % kKeyTile;
  if (args_.stored) {
    for (std::int64_t i = 0; i < d; ++i)
      for (std::int32_t p = 0; p < count; ++p)
        to[i * kKeyTile + p] = args_.keys[stored_key(slot + p, column + i, args_.kv_stride)];
    return;
  }
  const float* from = args_.keys + slot * args_.kv_stride + column;
  for (std::int64_t i = 0; i < d; ++i)
    for (std::int32_t p = 0; p < count; ++p) to[i * kKeyTile + p] = from[p * args_.kv_stride + i];
}

void PathTiles::copy_values(std::int32_t position, std::int32_t slot) {
  const std::int64_t d = args_.head_dim, column = kv_head_ * d;
  float* to =
      values_.get() + position / kKeyTile * kKeyTile * value_columns_ + position % kKeyTile * 16;
  const float* from = args_.values + slot * args_.kv_stride + column;
  for (std::int64_t i = 0; i < d; i += 16, to += 16 * kKeyTile) {
    if (args_.stored)
      for (std::int64_t j = 0; j < std::min<std::int64_t>(16, d - i); ++j)
        to[j] = args_.values[stored_value(slot, column + i + j, args_.kv_stride)];
    else if (i + 16 <= d)
      std::copy_n(from + i, 16, to);
    else
      std::copy_n(from + i, d - i, to);
  }
}

AttentionTile PathTiles::tile(std::int32_t index) const {
  const std::int64_t d = args_.head_dim;
  if (!in_place_)
    return {keys_.get() + index * d * kKeyTile,
            values_.get() + static_cast<std::int64_t>(index) * kKeyTile * value_columns_,
            args_.head_dim, value_columns_};
  const std::int64_t slot = slots_[static_cast<std::size_t>(index)], column = kv_head_ * d;
  return {args_.keys + stored_key(slot, column, args_.kv_stride),
          args_.values + stored_value(slot, column, args_.kv_stride), args_.head_dim,
          value_columns_};
}

}  // namespace flm
