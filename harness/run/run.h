// `flmeval run`: start, compute, record, prove, report.
#pragma once

#include <functional>

#include "base/progress.h"
#include "harness/cli/options.h"
#include "harness/run/start.h"
#include "reports/report.h"

namespace flm {

/// What is done with a complete run, once its files are written.
using ShowRun = std::function<void(const StartedRun& run, const Report& report)>;

/// Returns the exit code. The report stands on stdout.
int execute_run(const Options& options, Progress& progress);

/// The same with another way to show it.
int execute_run(const Options& options, Progress& progress, const ShowRun& show);

}  // namespace flm
