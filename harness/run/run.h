// `flmeval run`: start, compute, record, prove, report.
#pragma once

#include "base/progress.h"
#include "harness/cli/options.h"

namespace flm {

/// Returns the exit code.
int execute_run(const Options& options, Progress& progress);

}  // namespace flm
