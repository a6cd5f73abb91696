// Whether a stored run is still computed.
#pragma once

#include <optional>
#include <string>

#include "reports/store/record.h"

namespace flm {

/// The run's status, or "interrupted" where it says "running" and the process is gone: killed, or
/// its machine restarted.
std::string run_state(const RunRecord& run);

/// Seconds without a sign of life after which a run whose process cannot be seen from here (another
/// machine or container) is not taken to be computed any more.
inline constexpr double kSilentSeconds = 120;

/// The run's state for people: "done", "interrupted", "running, last sign of life 8 s ago",
/// "stopped: its process has been gone for 5 minutes".
std::string run_state_text(const RunRecord& run, const std::optional<HeartbeatRecord>& heartbeat);

/// The process that computes the run, where it is alive on this machine, or cannot be seen and
/// gave a sign of life a short time ago; else "".
std::string computing_process(const RunRecord& run,
                              const std::optional<HeartbeatRecord>& heartbeat = std::nullopt);

}  // namespace flm
