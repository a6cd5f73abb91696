#include "engine/cpu/kv_layout.h"

namespace flm {

/// Column by column: slots beside each other share a line of the cache, and lines of one row's
/// columns lie so that they would push each other out.
template <class Word>
void store_rows(const PackedBatch& batch, std::int64_t begin, std::int64_t end, const float* keys,
                const float* values, std::int64_t stride, std::int64_t width, Word* key_slots,
                Word* value_slots) {
  const auto slot_of = [&](std::int64_t r) { return batch.slots[static_cast<std::size_t>(r)]; };
  for (std::int64_t r = begin; r < end; ++r)
    for (std::int64_t block = 0; block < width; block += 16) {
      const std::int64_t to = stored_value<Word>(slot_of(r), block, width);
      for (std::int64_t i = 0; i < std::min<std::int64_t>(16, width - block); ++i)
        put_element(value_slots, to + i * kInWord<Word>, values[r * stride + block + i]);
    }
  for (std::int64_t i = 0; i < width; ++i)
    for (std::int64_t r = begin; r < end; ++r)
      put_element(key_slots, stored_key<Word>(slot_of(r), i, width), keys[r * stride + i]);
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
                    copy.count * std::min(kInWord<Word>, width - column));
    // A place beside the last one, if it shares its words, is one that nobody has written yet.
    const std::int64_t places = (copy.count + kInWord<Word> - 1) / kInWord<Word> * kInWord<Word>;
    copy_elements(value_slots, stored_value<Word>(copy.from, block, width),
                  stored_value<Word>(copy.to, block, width), places * lanes);
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
