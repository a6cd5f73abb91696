// The rules of --resume: what comes back of the stored run, and what may be typed beside it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/cli/options.h"
#include "reports/store/record.h"

namespace flm {

/// The command line of a run as its record keeps it: the flags that make the run, and the data root
/// that the environment gave.
std::vector<std::string> stored_arguments(const Options& options);

/// The options of a run that goes on: all that it was started with, but for what is typed beside
/// --resume, which wins.
Options resumed_options(const RunRecord& stored, const Options& typed);

/// The options of a new run that is asked as a stored one was (--again): the same, without its
/// output folder, but for what is typed beside --again, which wins.
Options again_options(const RunRecord& stored, const Options& typed);

/// UserError where a process still computes the run: one of this machine, or one elsewhere that
/// gave a sign of life a short time ago.
void check_stopped(const RunRecord& stored, const std::optional<HeartbeatRecord>& heartbeat);

/// UserError where another process has taken up the run since `seen` was read.
void check_unclaimed(const RunRecord& seen, const RunRecord& stored,
                     const std::optional<HeartbeatRecord>& heartbeat);

/// `record` becomes that of the stored run: it takes over id, time and, unless another is typed,
/// the name. UserError where the figures would be another run's: it names the flags that were typed
/// otherwise than for the stored run, else what has changed since.
void continue_run(const RunRecord& stored, const Options& typed, RunRecord& record);

}  // namespace flm
