#include "engine/backend/batch.h"

#include <numeric>

namespace flm {

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
