#include "harness/track/track.h"

#include "harness/commands/commands.h"

namespace flm {

int command_track(const Options& options, Progress& progress) {
  return execute_track(options, progress);
}

}  // namespace flm
