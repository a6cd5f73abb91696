// The least time of something that runs on a stream.
#pragma once

#include <algorithm>

#include "base/system/clock.h"
#include "engine/cuda/runtime/runtime.h"

namespace flm {

/// Seconds of one call, least of `runs` runs of `calls` calls each (so that the host's wait counts
/// little) behind one that is not counted.
template <class Call>
double best_seconds(const Stream& stream, int runs, int calls, const Call& call) {
  double best = 0;
  for (int run = 0; run <= runs; ++run) {
    stream.wait();
    const double begin = monotonic_seconds();
    for (int i = 0; i < calls; ++i) call();
    stream.wait();
    const double seconds = (monotonic_seconds() - begin) / calls;
    if (run > 0) best = run == 1 ? seconds : std::min(best, seconds);
  }
  return best;
}

}  // namespace flm
