// What measures the operations of a backend where they run.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace flm {

/// One operation after the other, of one caller.
class OperationClock {
 public:
  virtual ~OperationClock() = default;
  /// A profiler shows what is enqueued until end() under `name`. One that never ended is forgotten.
  virtual void begin(const std::string& name) = 0;
  virtual void end() = 0;
  /// Seconds of each operation since the last call, in their order; waits for them.
  virtual std::vector<double> take() = 0;
};

/// For operations that are over when they return.
std::unique_ptr<OperationClock> make_host_clock();

}  // namespace flm
