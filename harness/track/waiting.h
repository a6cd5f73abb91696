// The patience of --watch: when a checkpoint may be taken, when a failed one is tried again, when
// to look next. Without a clock: the caller says what time it is.
#pragma once

#include <map>
#include <string>

#include "engine/checkpoint_state.h"
#include "harness/track/checkpoint_files.h"

namespace flm {

class Waiting {
 public:
  /// `settle`: seconds without a write before a checkpoint is taken that has no marker.
  explicit Waiting(double settle);

  /// Seconds until a complete checkpoint may be taken; 0: now. `now` never runs backwards;
  /// `age`: seconds since its files were last touched, by clocks that may be a minute apart.
  double left(const CheckpointState& checkpoint, const CheckpointFiles& files, double now,
              double age);
  /// It failed with these files: it is tried again after a minute, two, four, up to an hour, or
  /// when its files change. (In proportion where --settle is below 30 s.)
  void failed(const CheckpointFiles& files, double now);

  /// A look has ended, and took so many seconds.
  void looked(double now, double took);
  /// Whether it is time for a look while checkpoints wait: looks take a sixth of the time at most.
  bool look_is_due(double now) const;
  /// Seconds to the next look where none waits: 10, and after looks without news up to 60 (in
  /// proportion); more where looks take long.
  double pause(bool news);

 private:
  struct Seen {
    std::string identity;
    double since = 0;
  };
  struct Failure {
    std::string identity;
    int times = 0;
    double again = 0;
  };
  const double settle_, shortest_;
  double pause_;
  double looked_ = 0, took_ = 0;             // the last look
  std::map<std::string, Seen> seen_;         // by folder
  std::map<std::string, Failure> failures_;  // by folder
};

}  // namespace flm
