// What the store keeps of the checkpoints of a series: one entry each, with what became of it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/checkpoint_state.h"
#include "harness/track/checkpoint_files.h"
#include "reports/store/store.h"

namespace flm {

/// SERIES@STEP: the name of the run that scores a checkpoint.
std::string run_name(const std::string& series, std::int64_t step);

/// The entries of one series. Refers to the store, which outlives it; used by one thread.
class SeriesEntries {
 public:
  SeriesEntries(Store& store, const std::string& series);

  /// The entry of a checkpoint that has no run; nothing where there is none.
  std::optional<PointRecord> without_run(const std::string& path) const;
  /// Ids of the runs that scored what lay at this path, then or now.
  std::vector<std::string> runs_of(const std::string& path) const;

  /// Notes that the checkpoint is `state` for `reason` and counts a try where it was one. Commits,
  /// unless nothing is new.
  void note(const CheckpointState& checkpoint, const CheckpointFiles& files,
            const std::string& state, const std::string& reason, bool tried);
  /// Notes its run; what was known of it without one goes. Commits, unless nothing is new.
  void scored(const CheckpointState& checkpoint, const CheckpointFiles& files,
              const std::string& run, const std::string& weights_hash, const std::string& reason);
  /// Entries without a run whose folder has gone become "deleted".
  void note_deleted();

 private:
  void read();
  void put(PointRecord point);

  Store& store_;
  const std::string series_;
  std::map<std::pair<std::string, std::string>, PointRecord> points_;  // by path and run
};

}  // namespace flm
