// Progress on stderr: a bar on a terminal, a line each 5 % or 30 s otherwise, nothing when quiet.
#pragma once

#include <string>

#include "base/progress.h"
#include "harness/terminal/progress_meter.h"

namespace flm {

class TerminalProgress : public Progress {
 public:
  explicit TerminalProgress(bool quiet);
  ~TerminalProgress() override;
  void note(const std::string& line) override;
  void update(const std::string& what, std::int64_t done, std::int64_t total) override;

 private:
  void clear_bar();
  /// Of the work that was shown: no bar is left behind, and a log says how long it took.
  void end_work();

  bool quiet_, terminal_;
  bool bar_shown_ = false;
  ProgressMeter meter_;
};

}  // namespace flm
