// Progress on stderr: a bar on a terminal, a plain line every few seconds otherwise, nothing when
// quiet.
#pragma once

#include <string>

#include "base/progress.h"

namespace flm {

class TerminalProgress : public Progress {
 public:
  explicit TerminalProgress(bool quiet);
  ~TerminalProgress() override;
  void note(const std::string& line) override;
  void update(const std::string& what, std::int64_t done, std::int64_t total) override;

 private:
  void clear_bar();

  bool quiet_, terminal_;
  bool bar_shown_ = false;
  double last_ = 0;
  std::string last_what_;
};

}  // namespace flm
