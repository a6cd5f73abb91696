// A folder of results belongs to one run.
#pragma once

#include <string>

#include "base/progress.h"
#include "harness/run/start.h"

namespace flm {

/// Makes the run's folder and marks it as the run's (run.json). UserError where it holds files that
/// are none of ours, or those of a run with other figures; with --overwrite they are told of, and
/// what is not written over stays: it may be all that is left of that run.
void take_output_folder(StartedRun& run, Progress& progress);

}  // namespace flm
