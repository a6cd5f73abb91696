// Which checkpoint is scored next.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/checkpoint_state.h"
#include "harness/track/checkpoint_files.h"

namespace flm {

/// A complete checkpoint that the store lacks.
struct ScoringJob {
  std::string series;
  CheckpointState checkpoint;
  CheckpointFiles files;
  double left = 0;  // seconds until it may be taken
};

/// By step, the oldest or the newest first; of equal ones in the order of the series.
void sort_jobs(std::vector<ScoringJob>& jobs, bool newest_first);

/// The first that may be taken now, as an index.
std::optional<std::size_t> first_ready(const std::vector<ScoringJob>& jobs);

/// Takes the jobs of `series` below `step` out of the queue.
std::vector<ScoringJob> take_older(std::vector<ScoringJob>& jobs, const std::string& series,
                                   std::int64_t step);

/// --until: STEP, or idle:MINUTES.
struct WatchEnd {
  std::optional<std::int64_t> step;
  std::optional<double> idle_seconds;
};
/// "" = never. UserError.
WatchEnd watch_end(const std::string& text);

}  // namespace flm
