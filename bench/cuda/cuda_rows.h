// Rows of the CUDA backend: cuda_rows.cc in a CUDA build, no_cuda_rows.cc in the others.
#pragma once

#include <vector>

#include "bench/cases/row.h"
#include "bench/machine/ceilings.h"

namespace flm::bench {

/// Adds a CUDA twin of every row; where no device is found each says so in Row::skip.
void add_cuda_rows(std::vector<Row>& rows);

/// Ceilings of device 0, where one of the rows runs there; kept for the engine's expected times.
Ceilings cuda_ceilings(const std::vector<Row>& rows);

}  // namespace flm::bench
