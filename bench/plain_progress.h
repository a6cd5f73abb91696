// Progress of benchmarks on stderr: a line every few seconds, so that no bar disturbs the timing.
#pragma once

#include <cstdio>

#include "base/progress.h"
#include "base/system/clock.h"

namespace flm::bench {

class PlainProgress : public Progress {
 public:
  explicit PlainProgress(bool quiet) : quiet_(quiet) {}
  void note(const std::string& line) override {
    if (!quiet_) std::fprintf(stderr, "%s\n", line.c_str());
  }
  void update(const std::string& what, std::int64_t done, std::int64_t total) override {
    if (quiet_ || monotonic_seconds() - last_ < 5) return;
    last_ = monotonic_seconds();
    std::fprintf(stderr, "%s: %lld of %lld\n", what.c_str(), static_cast<long long>(done),
                 static_cast<long long>(total));
  }

 private:
  bool quiet_;
  double last_ = 0;
};

}  // namespace flm::bench
