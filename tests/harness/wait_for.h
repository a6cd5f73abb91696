// Waiting for what another process does.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace flm::testing {

/// Waits until it holds, at most a minute; whether it does.
inline bool wait_for(const std::function<bool()>& holds) {
  for (int i = 0; i < 3000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

}  // namespace flm::testing
