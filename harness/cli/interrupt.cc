#include "harness/cli/interrupt.h"

#include <signal.h>
#include <unistd.h>

namespace flm {
namespace {

std::atomic<bool> interrupted{false};

void on_signal(int signal) {
  if (interrupted.exchange(true)) _exit(128 + signal);
}

bool install() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  return true;
}

}  // namespace

const std::atomic<bool>& interrupt_flag() {
  static const bool installed = install();
  (void)installed;
  return interrupted;
}

}  // namespace flm
