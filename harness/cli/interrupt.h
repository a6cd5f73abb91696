// Ctrl-C and SIGTERM: the batch in flight is finished and committed, or given up where it would
// take more than about 30 s more. A second signal ends the program at once.
#pragma once

#include <atomic>

namespace flm {

/// Installs the handlers (once) and returns the flag that they set. The one piece of process-wide
/// state: a signal has nowhere else to go.
const std::atomic<bool>& interrupt_flag();

}  // namespace flm
