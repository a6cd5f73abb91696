// Ctrl-C, SIGTERM and SIGHUP: said at once, and answered within a time that the user gives.
#pragma once

#include <atomic>
#include <string>

namespace flm {

/// Installs the handlers (once) and returns the flag that the first signal sets: the batch in
/// flight is finished and committed, or given up where it would take too long. A second signal ends
/// the program at once. SIGHUP is left alone where it is ignored (nohup). With the answer below the
/// one piece of process-wide state: a signal has nowhere else to go.
const std::atomic<bool>& interrupt_flag();

/// How signals are answered from now on.
struct InterruptAnswer {
  bool nothing_begun = false;   // the first signal ends the program at once, with 128 + its number
  double grace_seconds = 0;     // after these the program ends with exit code 3; 0: no limit
  std::string at_the_end = "";  // what is said then, as "go on with: ..."
};
void answer_interrupts(const InterruptAnswer& answer);

}  // namespace flm
