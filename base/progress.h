// Progress and notes on stderr: a bar on a terminal, plain lines every few seconds otherwise,
// nothing when quiet.
#pragma once

#include <cstdint>
#include <string>

namespace flm {

/// Where a library reports progress. harness/ owns the one that prints; libraries get a reference.
class Progress {
 public:
  virtual ~Progress() = default;
  virtual void note(const std::string& line) = 0;
  /// `done` of `total` units of `what`, often and from one thread at a time; total 0: it has ended.
  virtual void update(const std::string& what, std::int64_t done, std::int64_t total) = 0;
};

/// Says nothing.
class SilentProgress : public Progress {
 public:
  void note(const std::string&) override {}
  void update(const std::string&, std::int64_t, std::int64_t) override {}
};

}  // namespace flm
