#include <nvtx3/nvToolsExt.h>

#include "engine/cuda/runtime/profiler_ranges.h"

namespace flm {

void begin_profiler_range(const std::string& name) { (void)nvtxRangePushA(name.c_str()); }
void end_profiler_range() { (void)nvtxRangePop(); }

}  // namespace flm
