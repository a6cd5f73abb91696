#include "tests/engine/cuda/emulation/device_lock.h"

#include <utility>

namespace flm::emulation {

void DeviceLock::lock() {
  std::unique_lock lock(mutex_);
  if (depth_ > 0 && owner_ == std::this_thread::get_id()) {
    ++depth_;
    return;
  }
  free_.wait(lock, [&] { return depth_ == 0; });
  owner_ = std::this_thread::get_id();
  depth_ = 1;
}

void DeviceLock::unlock() {
  const std::lock_guard lock(mutex_);
  if (--depth_ == 0) free_.notify_one();
}

void DeviceLock::wait_for_change() {
  constexpr std::chrono::milliseconds kMost(5);
  std::unique_lock lock(mutex_);
  const int depth = std::exchange(depth_, 0);
  free_.notify_one();
  changed_.wait_for(lock, kMost);
  free_.wait(lock, [&] { return depth_ == 0; });
  owner_ = std::this_thread::get_id();
  depth_ = depth;
}

}  // namespace flm::emulation
