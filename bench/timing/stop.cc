#include "bench/timing/stop.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <string_view>

namespace flm::bench {
namespace {

std::atomic<bool> stopped{false};

/// A handler may neither allocate nor format.
void on_signal(int signal) {
  if (stopped.exchange(true)) _exit(128 + signal);
  constexpr std::string_view kText =
      "flmeval bench: stopping behind what is measured now; once more: at once\n";
  (void)!write(STDERR_FILENO, kText.data(), kText.size());
}

}  // namespace

void answer_stops() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {
    }, answer{};
    sigaction(signal, nullptr, &before);
    if (before.sa_handler == SIG_IGN) continue;
    answer.sa_handler = on_signal;
    answer.sa_flags = SA_RESTART;
    sigaction(signal, &answer, nullptr);
  }
}

bool is_stopped() { return stopped; }

}  // namespace flm::bench
