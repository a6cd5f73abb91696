#include "bench/ops/causal_batch.h"

namespace flm::bench {

PackedBatch causal_batch(std::int64_t sequences, std::int64_t keys, std::int64_t queries) {
  PackedBatch batch;
  for (std::int64_t b = 0; b < sequences; ++b) {
    batch.segments.push_back(
        {static_cast<std::int32_t>(b * keys), 0, static_cast<std::int32_t>(keys)});
    for (std::int64_t i = keys - queries; i < keys; ++i) {
      batch.ids.push_back(0);
      batch.positions.push_back(static_cast<std::int32_t>(i));
      batch.slots.push_back(static_cast<std::int32_t>(b * keys + i));
      batch.path_begin.push_back(static_cast<std::int32_t>(b));
      batch.path_count.push_back(1);
    }
  }
  return batch;
}

}  // namespace flm::bench
