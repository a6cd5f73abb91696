#include "harness/cli/terminal_progress.h"

#include <unistd.h>

#include <cstdio>

#include "base/clock.h"

namespace flm {
namespace {

constexpr double kBarSeconds = 0.1, kLineSeconds = 5;

}  // namespace

TerminalProgress::TerminalProgress(bool quiet)
    : quiet_(quiet), terminal_(isatty(STDERR_FILENO) == 1) {}

TerminalProgress::~TerminalProgress() { clear_bar(); }

void TerminalProgress::clear_bar() {
  if (bar_shown_) std::fputs("\r\x1b[K", stderr);
  bar_shown_ = false;
}

void TerminalProgress::note(const std::string& line) {
  if (quiet_) return;
  clear_bar();
  std::fprintf(stderr, "%s\n", line.c_str());
}

void TerminalProgress::update(const std::string& what, std::int64_t done, std::int64_t total) {
  if (quiet_ || total <= 0) return;
  const double now = monotonic_seconds();
  const bool first = what != last_what_;
  if (first) last_ = now - (terminal_ ? kBarSeconds : 0);
  last_what_ = what;
  if (now - last_ < (terminal_ ? kBarSeconds : kLineSeconds)) return;
  last_ = now;
  if (!terminal_) {
    std::fprintf(stderr, "%s: %lld of %lld\n", what.c_str(), static_cast<long long>(done),
                 static_cast<long long>(total));
    return;
  }
  const int width = 30, filled = static_cast<int>(width * done / total);
  std::fprintf(stderr, "\r\x1b[K%s [%s%s] %lld/%lld", what.c_str(),
               std::string(filled, '#').c_str(), std::string(width - filled, '.').c_str(),
               static_cast<long long>(done), static_cast<long long>(total));
  bar_shown_ = true;
}

}  // namespace flm
