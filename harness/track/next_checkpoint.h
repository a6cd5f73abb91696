// The checkpoint that comes next is read while the one before it is scored.
#pragma once

#include <atomic>
#include <thread>

#include "harness/cli/options.h"

namespace flm {

/// Reads on a thread of its own. Used by one thread.
class NextCheckpoint {
 public:
  NextCheckpoint() = default;
  NextCheckpoint(const NextCheckpoint&) = delete;
  NextCheckpoint& operator=(const NextCheckpoint&) = delete;
  ~NextCheckpoint() { stop(); }

  /// Reads the weights that `flags` name; without a model, nothing.
  void read(const ModelFlags& flags);
  /// Gives up what has not been read yet: whoever needs it now reads it with all threads.
  void stop();

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace flm
