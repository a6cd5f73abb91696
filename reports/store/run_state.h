// Whether a stored run is still computed.
#pragma once

#include <string>

#include "reports/store/record.h"

namespace flm {

/// The run's status, or "interrupted" where it says "running" and the process is gone: killed, or
/// its machine restarted.
std::string run_state(const RunRecord& run);

/// The process that computes the run, where it is alive on this machine; else "".
std::string computing_process(const RunRecord& run);

}  // namespace flm
