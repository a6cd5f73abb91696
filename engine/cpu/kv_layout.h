// Where the CPU's keys and values lie: pages of 64 slots aligned to the position, in the order of
// an attention tile. fp32 in words of float; bf16 in words of std::uint32_t, two elements each, the
// first one in the low half.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "engine/backend/batch.h"
#include "engine/backend/key_tile.h"
#include "engine/cpu/kernels.h"
#include "engine/cpu/packed_matrix.h"

namespace flm {

/// The element of a key, `column` of `width`: pages of [columns][64], in bf16 [columns / 2][64][2];
/// a last lone column is [64].
template <class Word>
std::int64_t stored_key(std::int64_t slot, std::int64_t column, std::int64_t width) {
  const std::int64_t block = column / kInWord<Word> * kInWord<Word>;
  const std::int64_t lanes = std::min<std::int64_t>(kInWord<Word>, width - block);
  return slot / kKeyTile * width * kKeyTile + block * kKeyTile + slot % kKeyTile * lanes + column -
         block;
}

/// The same of a value: pages of [columns / 16][64][16], in bf16 [columns / 16][32][16][2]; the
/// last block is as wide as what is left.
template <class Word>
std::int64_t stored_value(std::int64_t slot, std::int64_t column, std::int64_t width) {
  const std::int64_t block = column / 16 * 16, place = slot % kKeyTile;
  const std::int64_t lanes = std::min<std::int64_t>(16, width - block);
  return slot / kKeyTile * width * kKeyTile + block * kKeyTile +
         place / kInWord<Word> * lanes * kInWord<Word> + (column - block) * kInWord<Word> +
         place % kInWord<Word>;
}

// The elements of words. A half is written alone: another thread may write the other.
inline void put_element(float* words, std::int64_t at, float value) { words[at] = value; }
inline float element(const float* words, std::int64_t at) { return words[at]; }
inline void put_element(std::uint32_t* words, std::int64_t at, float value) {
  static_assert(std::endian::native == std::endian::little,
                "the first half of a word is the low one");
  const std::uint16_t half = round_to_bf16(value);
  std::memcpy(reinterpret_cast<std::byte*>(words) + at * 2, &half, sizeof half);
}
inline float element(const std::uint32_t* words, std::int64_t at) {
  return std::bit_cast<float>(words[at / 2] >> (at % 2 * 16) << 16);
}

/// n floats as operands of attention: themselves, or, rounded to pairs, `room`.
inline const float* operands(const Kernels&, const float* row, std::int64_t, float*) { return row; }
inline const std::uint32_t* operands(const Kernels& kernels, const float* row, std::int64_t n,
                                     std::uint32_t* room) {
  kernels.round_to_pairs(row, n, room);
  return room;
}

inline constexpr std::int64_t kRowsStored = 16;

/// Rows [begin, end) of the batch, kRowsStored at most, go to their slots (Backend::store_kv).
/// Others may be written at the same time.
template <class Word>
void store_rows(const PackedBatch& batch, std::int64_t begin, std::int64_t end, const float* keys,
                const float* values, std::int64_t stride, std::int64_t width, Word* key_slots,
                Word* value_slots);

/// Backend::copy_kv of the columns [block, block + 16) of `width`: they know nothing of the others.
template <class Word>
void copy_columns(std::span<const KvCopy> copies, std::int64_t block, std::int64_t width,
                  Word* key_slots, Word* value_slots);

}  // namespace flm
