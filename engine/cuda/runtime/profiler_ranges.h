// Named ranges on a profiler's timeline: nvtx_ranges.cc where the toolkit has NVTX, no_ranges.cc
// elsewhere. NVTX itself finds a profiler, and does nothing where there is none.
#pragma once

#include <string>

namespace flm {

/// What the calling thread enqueues until the end, ranges within ranges.
void begin_profiler_range(const std::string& name);
void end_profiler_range();

}  // namespace flm
