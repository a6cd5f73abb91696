// Columns of a matrix that came from several ranks.
#pragma once

#include <cstdint>

#include "engine/cuda/runtime/runtime.h"

namespace flm::cuda {

/// Where the columns of each rank lie in a row, in bytes.
struct ColumnPlaces {
  static constexpr int kMost = 64;  // ranks
  int ranks = 0;
  std::int32_t begin[kMost + 1] = {};  // of rank r + 1 where r's end
};

/// whole[row] = the ranks' columns side by side, from `gathered`, [ranks, rows, width_bytes], of
/// which each rank fills as much as it has. Strides in bytes; all are even numbers.
void place_columns(CudaStream stream, const void* gathered, std::int64_t width_bytes,
                   std::int64_t rows, const ColumnPlaces& places, void* whole,
                   std::int64_t whole_stride);

}  // namespace flm::cuda
