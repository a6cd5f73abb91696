#include "harness/process/interrupt.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstring>

#include "harness/process/exit_code.h"

namespace flm {
namespace {

std::atomic<bool> interrupted{false};

constexpr std::size_t kLongestText = 8192;  // a command with a path

/// What the handlers read: they may neither allocate nor format.
struct Prepared {
  bool nothing_begun = false;
  unsigned grace = 0;
  std::array<char, kLongestText> first{}, over{};
};
std::array<Prepared, 2> prepared_ones;  // one is read while the other is written
std::atomic<const Prepared*> prepared{prepared_ones.data()};

void say_over_bar(const char* text) {
  if (isatty(STDERR_FILENO)) (void)!write(STDERR_FILENO, "\r\x1b[K", 4);  // over the bar
  (void)!write(STDERR_FILENO, text, std::strlen(text));
}

void on_signal(int signal) {
  if (interrupted.exchange(true)) _exit(128 + signal);
  const Prepared& answer = *prepared.load();
  say_over_bar(answer.first.data());
  if (answer.nothing_begun) _exit(128 + signal);
  if (answer.grace > 0) alarm(answer.grace);
}

/// What was committed is whole; the batch in flight is given up.
void on_alarm(int) {
  say_over_bar(prepared.load()->over.data());
  _exit(kInterrupted);
}

void handle(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigaction(signal, &action, nullptr);
}

bool install() {
  answer_interrupts({});
  handle(SIGALRM, on_alarm);
  handle(SIGINT, on_signal);
  handle(SIGTERM, on_signal);
  struct sigaction hangup {};
  sigaction(SIGHUP, nullptr, &hangup);
  if (hangup.sa_handler != SIG_IGN) handle(SIGHUP, on_signal);
  return true;
}

void put(const std::string& text, std::array<char, kLongestText>& into) {
  const std::size_t size = text.copy(into.data(), into.size() - 2);
  into[size] = '\n';
  into[size + 1] = '\0';
}

}  // namespace

const std::atomic<bool>& interrupt_flag() {
  static const bool installed = install();
  (void)installed;
  return interrupted;
}

void answer_interrupts(const InterruptAnswer& answer) {
  Prepared& next = prepared_ones[prepared.load() == prepared_ones.data() ? 1 : 0];
  next.nothing_begun = answer.nothing_begun;
  next.grace = static_cast<unsigned>(std::ceil(answer.grace_seconds));
  const std::string limit = std::to_string(next.grace) + " s (--grace)";
  put(answer.nothing_begun
          ? "flmeval: stopped before anything was computed; start it again"
          : "flmeval: stopping" + (next.grace > 0 ? " within " + limit : "") +
                ": the batch in flight is finished or given up, what is done is kept; "
                "once more: at once",
      next.first);
  put("flmeval: stopped after " + limit + ", the batch in flight was given up" +
          (answer.at_the_end.empty() ? "" : "; " + answer.at_the_end),
      next.over);
  prepared = &next;
}

}  // namespace flm
