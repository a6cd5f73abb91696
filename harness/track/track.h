// `flmeval track`: a series of checkpoints is scored and shown.
#pragma once

#include "base/progress.h"
#include "harness/cli/options.h"

namespace flm {

/// Returns the exit code: 3 where a checkpoint is not scored, or where it was interrupted.
int execute_track(const Options& options, Progress& progress);

}  // namespace flm
