// lm-evaluation-harness's bootstrap, replicate for replicate.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/progress.h"

namespace flm {

/// The statistic of one replicate: the indices of the items drawn, with repeats.
using ReplicateStatistic = std::function<double(std::span<const std::uint32_t>)>;

/// How often an error is drawn (0: not at all), and who hears of it.
struct Bootstrap {
  Bootstrap(int replicates, Progress* told = nullptr) : iterations(replicates), progress(told) {}
  int iterations;
  Progress* progress;  // null: nobody
};

/// Sample standard deviation of the statistic over replicates of `items` items. Chunk i of
/// min(1000, iterations) replicates draws from CPython's Random(i).choices; whole chunks only,
/// so that 2500 iterations give 2000 replicates. Runs on every core that the cgroup allows; the
/// result does not depend on their number. `statistic` is called from several threads.
double bootstrap_stderr(std::size_t items, const ReplicateStatistic& statistic,
                        Bootstrap bootstrap);

}  // namespace flm
