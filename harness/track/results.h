// What a tracked series shows: on the screen, in the output folder, for TensorBoard.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/progress.h"
#include "harness/cli/options.h"
#include "harness/track/tracker.h"
#include "reports/store/store.h"
#include "reports/tracking.h"

namespace flm {

class TrackingResults {
 public:
  /// Reads the logs once, so that a wrong one is told before the work. UserErrors. `series`: the
  /// names of --series, of which logs are asked for.
  TrackingResults(const Options& options, std::vector<std::string> series);

  /// Below it lie the files that are written.
  const std::string& folder() const { return folder_; }
  /// Builds the curves and writes the files now and then while checkpoints are scored: not more
  /// often than every 20 s, nor for more than a thirtieth of the time. What is wrong is noted, and
  /// the curves are over steps then.
  void write_unless_recent(Tracker& tracker, Progress& progress);
  /// The same at the end, on stdout, with the commands that come next. Where the axis, the sweep or
  /// the fit that was asked for cannot be had, the curves are over steps, and the UserError
  /// follows.
  void finish(Tracker& tracker) const;

 private:
  void print(const Tracking& tracking) const;
  TrainingLog log(const std::vector<std::string>& files) const;
  std::vector<TrainingLog> logs(const std::vector<std::string>& series) const;
  TrackingRequest request(const std::vector<std::string>& series,
                          const std::set<std::string>& runs) const;
  void write_so_far(Tracker& tracker, Progress& progress) const;
  Tracking write(Store& store, const TrackingRequest& request) const;
  void write_files(const Tracking& tracking) const;

  Options options_;
  std::string folder_;
  double last_ = 0, took_ = 0;
};

}  // namespace flm
