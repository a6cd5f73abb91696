#include "engine/backend/batch.h"

#include <algorithm>
#include <numeric>

namespace flm {

std::int32_t shared_slots(const PackedBatch& batch, std::int32_t a, std::int32_t b,
                          std::int32_t most) {
  const auto path = [&](std::int32_t row) {
    return batch.segments.data() + batch.path_begin[static_cast<std::size_t>(row)];
  };
  const KvSegment *one = path(a), *other = path(b);
  std::int32_t shared = 0;
  while (shared < most) {
    while (one->position + one->length <= shared) ++one;
    while (other->position + other->length <= shared) ++other;
    if (one->slot - one->position != other->slot - other->position) break;
    shared = std::min(one->position + one->length, other->position + other->length);
  }
  return std::min(shared, most);
}

PackedBatch head_rows_of(const PackedBatch& batch) {
  PackedBatch rows;
  rows.segments = batch.segments;
  for (const std::int32_t row : batch.head_rows) {
    const auto r = static_cast<std::size_t>(row);
    rows.ids.push_back(batch.ids[r]);
    rows.positions.push_back(batch.positions[r]);
    rows.slots.push_back(batch.slots[r]);
    rows.path_begin.push_back(batch.path_begin[r]);
    rows.path_count.push_back(batch.path_count[r]);
  }
  rows.head_rows.resize(rows.ids.size());
  std::iota(rows.head_rows.begin(), rows.head_rows.end(), 0);
  return rows;
}

}  // namespace flm
