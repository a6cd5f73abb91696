#include "engine/cpu/kv_layout.h"

#include <array>

#include "base/errors.h"

namespace flm {

namespace {

/// Columns [block, block + lanes) of a value, at most 16, from element `at` on.
void put_block(const float* values, std::int64_t lanes, float* words, std::int64_t at) {
  std::copy_n(values, lanes, words + at);
}
void put_block(const float* values, std::int64_t lanes, std::uint32_t* words, std::int64_t at) {
  for (std::int64_t i = 0; i < lanes; ++i)
    put_element(words, at + i * kInWord<std::uint32_t>, values[i]);
}

}  // namespace

template <class Word>
void store_rows(const PackedBatch& batch, std::int64_t begin, std::int64_t end, const float* keys,
                const float* values, std::int64_t stride, std::int64_t width, Word* key_slots,
                Word* value_slots) {
  const std::int64_t rows = end - begin, whole = width / kInWord<Word> * kInWord<Word>;
  FLM_CHECK(rows <= kRowsStored, "too many rows to be stored together");
  std::array<std::int64_t, kRowsStored> slots{}, at{};
  for (std::int64_t r = 0; r < rows; ++r) {
    const auto n = static_cast<std::size_t>(r);
    slots[n] = batch.slots[static_cast<std::size_t>(begin + r)];
    at[n] = stored_key<Word>(slots[n], 0, width);
    for (std::int64_t i = 0; i < width; i += 16)
      put_block(values + (begin + r) * stride + i, std::min<std::int64_t>(16, width - i),
                value_slots, stored_value<Word>(slots[n], i, width));
  }
  // Column by column: slots beside each other share a line of the cache, and lines of one row's
  // columns lie so that they would push each other out.
  const float* row = keys + begin * stride;
  for (std::int64_t i = 0; i < whole; ++i) {
    const std::int64_t column = i / kInWord<Word> * kInWord<Word> * kKeyTile + i % kInWord<Word>;
    for (std::int64_t r = 0; r < rows; ++r)
      put_element(key_slots, at[static_cast<std::size_t>(r)] + column, row[r * stride + i]);
  }
  for (std::int64_t r = 0; r < rows && whole < width; ++r)
    put_element(key_slots, stored_key<Word>(slots[static_cast<std::size_t>(r)], whole, width),
                row[r * stride + whole]);
}

template <class Word>
void copy_columns(std::span<const KvCopy> copies, std::int64_t block, std::int64_t width,
                  Word* key_slots, Word* value_slots) {
  constexpr std::int64_t kBytes = sizeof(Word) / kInWord<Word>;
  const auto copy_elements = [](Word* slots, std::int64_t from, std::int64_t to,
                                std::int64_t count) {
    auto* bytes = reinterpret_cast<std::byte*>(slots);
    std::memcpy(bytes + to * kBytes, bytes + from * kBytes,
                static_cast<std::size_t>(count * kBytes));
  };
  const std::int64_t lanes = std::min<std::int64_t>(16, width - block);
  for (const KvCopy& copy : copies) {
    for (std::int64_t column = block; column < block + lanes; column += kInWord<Word>)
      copy_elements(key_slots, stored_key<Word>(copy.from, column, width),
                    stored_key<Word>(copy.to, column, width),
                    copy.count * std::min<std::int64_t>(kInWord<Word>, width - column));
    // The place beside a lone last one shares its words, and may hold the row's own value already.
    const std::int64_t paired = copy.count / kInWord<Word> * kInWord<Word>;
    copy_elements(value_slots, stored_value<Word>(copy.from, block, width),
                  stored_value<Word>(copy.to, block, width), paired * lanes);
    for (std::int64_t place = paired; place < copy.count; ++place)
      for (std::int64_t column = block; column < block + lanes; ++column)
        copy_elements(value_slots, stored_value<Word>(copy.from + place, column, width),
                      stored_value<Word>(copy.to + place, column, width), 1);
  }
}

template void store_rows(const PackedBatch&, std::int64_t, std::int64_t, const float*, const float*,
                         std::int64_t, std::int64_t, float*, float*);
template void store_rows(const PackedBatch&, std::int64_t, std::int64_t, const float*, const float*,
                         std::int64_t, std::int64_t, std::uint32_t*, std::uint32_t*);
template void copy_columns(std::span<const KvCopy>, std::int64_t, std::int64_t, float*, float*);
template void copy_columns(std::span<const KvCopy>, std::int64_t, std::int64_t, std::uint32_t*,
                           std::uint32_t*);

}  // namespace flm
