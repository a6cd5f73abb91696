// How Python's operations tell their caller what they build, so that it may set a limit.
#pragma once

#include <cstddef>

namespace flm {

/// Whose limit it is decides what is too much: a template has one for each rendering.
class PyWorkMeter {
 public:
  /// Counts bytes, items or steps; throws beyond the limit.
  virtual void charge(std::size_t amount) = 0;

 protected:
  ~PyWorkMeter() = default;
};

}  // namespace flm
