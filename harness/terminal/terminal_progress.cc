#include "harness/terminal/terminal_progress.h"

#include <unistd.h>

#include <cstdio>

#include "base/system/clock.h"
#include "base/system/environment.h"
#include "base/system/terminal_size.h"
#include "reports/figures/display_width.h"

namespace flm {
namespace {

/// A terminal that cannot clear a line gets lines, as a file does.
bool is_dumb() { return environment("TERM") == "dumb"; }

/// With the hour: a log of a night is read in the morning.
void print_note(const std::string& text) {
  std::fprintf(stderr, "%s %s\n", local_timestamp().substr(11).c_str(), text.c_str());
}

}  // namespace

TerminalProgress::TerminalProgress(bool quiet)
    : quiet_(quiet),
      terminal_(isatty(STDERR_FILENO) == 1 && !is_dumb()),
      meter_(terminal_ ? MeterStyle::kBar : MeterStyle::kLines) {}

TerminalProgress::~TerminalProgress() { clear_bar(); }

void TerminalProgress::clear_bar() {
  if (bar_shown_) std::fputs("\r\x1b[K", stderr);
  bar_shown_ = false;
}

void TerminalProgress::note(const std::string& line) {
  if (quiet_) return;
  clear_bar();
  std::fprintf(stderr, "%s\n", terminal_safe(line).c_str());
}

void TerminalProgress::end_work() {
  clear_bar();
  const auto text = meter_.end(monotonic_seconds());
  if (text && !terminal_) print_note(*text);
}

void TerminalProgress::update(const std::string& what, std::int64_t done, std::int64_t total) {
  if (quiet_) return;
  if (total <= 0) return end_work();
  const auto work = meter_.update(what, done, total, monotonic_seconds());
  if (done >= total) return end_work();
  if (!work) return;
  if (!terminal_) return print_note(progress_text(*work));
  const std::string bar = progress_bar(*work, terminal_columns(STDERR_FILENO) - 1);
  std::fprintf(stderr, "\r\x1b[K%s", bar.c_str());
  bar_shown_ = true;
}

}  // namespace flm
