// Rows of the CUDA backend: cuda_rows.cc in a CUDA build, no_cuda_rows.cc in the others.
#pragma once

#include <vector>

#include "bench/row.h"

namespace flm::bench {

/// Adds a CUDA twin of every row; where no device is found each says so in Row::skip.
void add_cuda_rows(std::vector<Row>& rows);

}  // namespace flm::bench
