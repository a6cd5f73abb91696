// Where the times of a backend's operations add up.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "engine/backend/operation_times.h"

namespace flm {

/// Any thread.
class OperationLog {
 public:
  /// One call: `bytes` and `flops` that its shapes need at least. `beside`: on another thread or
  /// before the batches, so that it is no part of their time.
  void add(const std::string& operation, double seconds, double bytes, double flops,
           bool beside = false);
  /// A step that a backend replays when nobody measures it.
  void add_plain_step();
  /// Longest first, what is beside last; no batches.
  OperationTimes times() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, OperationTime> operations_;
  std::int64_t plain_steps_ = 0;
};

}  // namespace flm
