// A step's draws as the sampling kernel reads them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/backend/sampling.h"
#include "engine/cuda/kernels/kernels.h"

namespace flm {

/// Rows [queries] with their random numbers, and the histories of those that have a penalty.
struct SampleTables {
  SampleTables(std::span<const SampleQuery> queries, std::int64_t width);
  std::vector<cuda::SampleRow> rows;
  std::vector<std::int32_t> histories;  // never empty
  std::int32_t most_vocab = 0;          // of a row
};

}  // namespace flm
