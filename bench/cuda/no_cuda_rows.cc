// A build without CUDA has no CUDA rows.
#include "bench/cuda/cuda_rows.h"

namespace flm::bench {

void add_cuda_rows(std::vector<Row>&) {}
Ceilings cuda_ceilings(const std::vector<Row>&) { return {}; }

}  // namespace flm::bench
