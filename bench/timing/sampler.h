// Times a case until its median is known: warm-up until stable, samples until the confidence
// interval is narrow or the wall time is spent.
#pragma once

#include <string>
#include <vector>

#include "bench/cases/row.h"

namespace flm::bench {

struct SamplerSettings {
  double half_width = 0.005;  // of the 95% interval of the median, relative
  int least_samples = 20;
  double least_seconds = 0.2;    // of timed work
  double most_seconds = 10;      // wall, warm-up included
  double warm_up_seconds = 0.1;  // at least; at most 2
  double sample_seconds = 1e-3;  // a sample repeats shorter calls up to this
  double slowdown = 0;           // for self-tests: spins this share of every timed run
};

struct Samples {
  std::vector<double> seconds;  // of one run, in the order taken
  int runs_per_sample = 1;
  double warm_up_seconds = 0, wall_seconds = 0;
  std::string stopped_by;  // interval, wall
  double median = 0, q1 = 0, q3 = 0, least = 0, half_width = 0;
  long switches = 0;  // times that the system took the thread away while sampling
};

/// Runs copies 0 .. copies-1 in turn. The last sample is taken on freshly restored buffers (seed
/// `last_seed`); `last_copy` and `last_runs` say what it left to check.
struct Sampled {
  Samples samples;
  int last_copy = 0, last_runs = 0;
};
Sampled sample(Case& work, int copies, const SamplerSettings& settings, int last_seed);

}  // namespace flm::bench
