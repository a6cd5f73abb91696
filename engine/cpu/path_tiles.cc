#include "engine/cpu/path_tiles.h"

#include <algorithm>

#include "base/errors.h"

namespace flm {
namespace {

template <class Word>
LargeBuffer allocate_tiles(std::int64_t tiles, std::int64_t columns) {
  return allocate_bytes(static_cast<std::size_t>(tiles * columns * kKeyTile / kInWord<Word>) *
                        sizeof(Word));
}

/// Values of two neighbouring positions, [lanes / 2] pairs of columns each, as a tile's block has
/// them.
void put_pairs(const std::uint32_t* first, const std::uint32_t* second, std::int64_t lanes,
               std::uint32_t* words) {
  for (std::int64_t i = 0; i < (lanes + 1) / 2; ++i) {
    words[2 * i] = (first[i] & 0xFFFF) | second[i] << 16;
    words[2 * i + 1] = first[i] >> 16 | (second[i] & 0xFFFF0000u);
  }
}

/// Of one: the other half of each word stays.
void put_halves(const std::uint32_t* row, std::int64_t lanes, std::int32_t half,
                std::uint32_t* words) {
  for (std::int64_t i = 0; i < lanes; ++i) put_element(words, 2 * i + half, element(row, i));
}

}  // namespace

template <class Word>
PathTiles<Word>::PathTiles(const Kernels& kernels, const PackedBatch& batch,
                           const AttentionArgs& args, int kv_head, std::int32_t longest)
    : kernels_(kernels),
      batch_(batch),
      args_(args),
      kv_head_(kv_head),
      key_columns_((args.head_dim + kInWord<Word> - 1) / kInWord<Word> * kInWord<Word>),
      value_columns_((args.head_dim + 15) / 16 * 16),
      in_place_(args.stored && args.head_dim % 16 == 0) {
  if (in_place_) return;
  const std::int64_t tiles = (longest - 1) / kKeyTile + 1;
  slots_.assign(static_cast<std::size_t>(longest), -1);
  keys_ = allocate_tiles<Word>(tiles, key_columns_);
  values_ = allocate_tiles<Word>(tiles, value_columns_);
  stored_.resize(static_cast<std::size_t>(kLine * args.head_dim));
  rounded_.resize(static_cast<std::size_t>(kLine * key_columns_ / kInWord<Word>));
}

template <class Word>
void PathTiles<Word>::follow(std::int32_t row) {
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

template <class Word>
void PathTiles<Word>::gather(std::int32_t to_slot, std::int32_t begin, std::int32_t end) {
  const auto slot_at = [&](std::int32_t p) -> std::int32_t& {
    return slots_[static_cast<std::size_t>(p)];
  };
  while (begin < end && slot_at(begin) == begin + to_slot) ++begin;
  for (std::int32_t p = begin; p < end; ++p) slot_at(p) = p + to_slot;
  for (std::int32_t next; begin < end; begin = next) {
    next = std::min(end, begin / kLine * kLine + kLine);
    copy_keys(begin, begin + to_slot, next - begin);
    copy_values(begin, begin + to_slot, next - begin);
  }
}

template <class Word>
auto PathTiles<Word>::rows(const float* slots, decltype(stored_key<Word>) stored, std::int32_t slot,
                           std::int32_t count) -> std::array<const Word*, kLine> {
  const std::int64_t d = args_.head_dim, column = kv_head_ * d;
  std::array<const Word*, kLine> rows{};
  for (std::int32_t p = 0; p < count; ++p) {
    const float* row = slots + (slot + p) * args_.kv_stride + column;
    if (args_.stored) {
      float* copy = stored_.data() + p * d;
      for (std::int64_t i = 0; i < d; ++i)
        copy[i] = element(words(slots), stored(slot + p, column + i, args_.kv_stride));
      row = copy;
    }
    rows[static_cast<std::size_t>(p)] =
        operands(kernels_, row, d, rounded_.data() + p * key_columns_ / kInWord<Word>);
  }
  return rows;
}

/// Column by column: the keys of a few positions share a line of the cache.
template <class Word>
void PathTiles<Word>::copy_keys(std::int32_t position, std::int32_t slot, std::int32_t count) {
  const auto from = rows(args_.keys, stored_key<Word>, slot, count);
  Word* to =
      static_cast<Word*>(keys_.get()) + stored_key<Word>(position, 0, key_columns_) / kInWord<Word>;
  for (std::int64_t i = 0; i < key_columns_ / kInWord<Word>; ++i, to += kKeyTile)
    for (std::int32_t p = 0; p < count; ++p) to[p] = from[static_cast<std::size_t>(p)][i];
}

template <class Word>
void PathTiles<Word>::copy_values(std::int32_t position, std::int32_t slot, std::int32_t count) {
  const auto from = rows(args_.values, stored_value<Word>, slot, count);
  for (std::int64_t block = 0; block < args_.head_dim; block += 16) {
    const std::int64_t lanes = std::min<std::int64_t>(16, args_.head_dim - block);
    const auto part = [&](std::int32_t p) {
      return from[static_cast<std::size_t>(p)] + block / kInWord<Word>;
    };
    for (std::int32_t p = 0; p < count; ++p) {
      Word* to = static_cast<Word*>(values_.get()) +
                 stored_value<Word>(position + p, block, value_columns_) / kInWord<Word>;
      const std::int32_t half = (position + p) % kInWord<Word>;
      if constexpr (kInWord<Word> == 1)
        std::copy_n(part(p), lanes, to);
      else if (half == 0 && p + 1 < count)
        put_pairs(part(p), part(p + 1), lanes, to), ++p;
      else
        put_halves(part(p), lanes, half, to);
    }
  }
}

template <class Word>
AttentionTile<Word> PathTiles<Word>::tile(std::int32_t index) const {
  AttentionTile<Word> tile;
  tile.key_words = static_cast<int>(key_columns_ / kInWord<Word>);
  tile.value_columns = static_cast<int>(value_columns_);
  if (in_place_) {
    const std::int64_t slot = slots_[static_cast<std::size_t>(index)],
                       column = std::int64_t{kv_head_} * args_.head_dim, width = args_.kv_stride;
    tile.keys = words(args_.keys) + stored_key<Word>(slot, column, width) / kInWord<Word>;
    tile.values = words(args_.values) + stored_value<Word>(slot, column, width) / kInWord<Word>;
  } else {
    const std::int64_t words_of_column = index * kKeyTile / kInWord<Word>;
    tile.keys = static_cast<const Word*>(keys_.get()) + words_of_column * key_columns_;
    tile.values = static_cast<const Word*>(values_.get()) + words_of_column * value_columns_;
  }
  return tile;
}

template class PathTiles<float>;
template class PathTiles<std::uint32_t>;

}  // namespace flm
