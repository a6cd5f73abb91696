#include "bench/ops/causal_batch.h"

namespace flm::bench {

std::int64_t slot_of(std::int64_t sequence, std::int64_t position, std::int64_t keys,
                     std::int64_t shared) {
  return position < shared ? position : sequence * (keys - shared) + position;
}

PackedBatch causal_batch(std::int64_t sequences, std::int64_t keys, std::int64_t queries,
                         std::int64_t shared) {
  PackedBatch batch;
  const auto number = [](std::int64_t value) { return static_cast<std::int32_t>(value); };
  for (std::int64_t b = 0; b < sequences; ++b) {
    const std::int32_t path = number(static_cast<std::int64_t>(batch.segments.size()));
    if (shared > 0) batch.segments.push_back({0, 0, number(shared)});
    batch.segments.push_back(
        {number(slot_of(b, shared, keys, shared)), number(shared), number(keys - shared)});
    for (std::int64_t i = keys - queries; i < keys; ++i) {
      batch.ids.push_back(0);
      batch.positions.push_back(number(i));
      batch.slots.push_back(number(slot_of(b, i, keys, shared)));
      batch.path_begin.push_back(path);
      batch.path_count.push_back(shared > 0 ? 2 : 1);
    }
  }
  return batch;
}

}  // namespace flm::bench
