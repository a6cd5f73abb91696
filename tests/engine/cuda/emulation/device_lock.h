// The lock of the emulated device: a thread that waits for others lets go of it, however often it
// has taken it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace flm::emulation {

class DeviceLock {
 public:
  void lock();
  void unlock();
  /// By who has it. Others run until somebody has changed something, or some milliseconds long.
  void wait_for_change();
  void changed() { changed_.notify_all(); }

 private:
  std::mutex mutex_;  // of what follows
  std::condition_variable free_, changed_;
  std::thread::id owner_;
  int depth_ = 0;
};

}  // namespace flm::emulation
