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

  /// Seconds to the next look: 10, and after looks without news up to 60. (In proportion.)
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
  std::map<std::string, Seen> seen_;         // by folder
  std::map<std::string, Failure> failures_;  // by folder
};

}  // namespace flm
