// The first lines of a run: what is asked at once, what it will take once that is known, and how to
// look at it, stop it and go on.
#pragma once

#include <string>
#include <vector>

#include "harness/run/start.h"

namespace flm {

/// Before anything is opened: "flmeval 0.1.0: models/nano/step_01600 on mmlu,bpb; data: ...".
std::string asked_line(const Options& options);

/// Once the run stands in the store.
std::vector<std::string> run_header(const StartedRun& run);

/// "go on with: flmeval run --resume ID --store PATH"
std::string go_on_text(const StartedRun& run);

/// Of a run whose files could not be written where `flag` says: that it is stored, and the command
/// that writes them elsewhere.
std::string write_again_text(const StartedRun& run, const std::string& flag);

}  // namespace flm
