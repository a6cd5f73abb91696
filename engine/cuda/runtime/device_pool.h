// Device memory that is kept: in the steady state nothing is allocated.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "engine/cuda/runtime/runtime.h"

namespace flm {

/// Blocks go back to the pool when they are released and serve the next request of their size or
/// down to half of it, the smallest first, as long as little is wasted: what is in use stays within
/// 1/16 of what was asked for, and 16 MiB a block, for a plan counts on it. A pool for other
/// streams gives blocks of the very size alone, so that it never holds more than was in use at
/// once: weights come in few sizes. Idle blocks are freed when the device has no more, for a
/// recorded step may hold memory of any of them. A released block may still be read by `user`'s
/// pending work: whoever takes it over or frees it waits for that. Any thread.
class DevicePool {
 public:
  enum class Takers { kSameStream, kOtherStreams };
  static constexpr std::int64_t kSmallWaste = std::int64_t{16} << 20;

  /// All work on blocks of this pool is on `user` when they are released; `takers` is who acquires
  /// them. `small_waste`: bytes that a block may have more than was asked for, whatever its size.
  DevicePool(const Stream& user, Takers takers, std::int64_t small_waste = kSmallWaste)
      : user_(user), takers_(takers), small_waste_(small_waste) {}
  ~DevicePool();
  DevicePool(const DevicePool&) = delete;
  DevicePool& operator=(const DevicePool&) = delete;

  /// At least `bytes`, a multiple of 256 B, for work on `stream`.
  void* acquire(std::int64_t bytes, CudaStream stream);
  /// Also where the device has failed: the first error is the one that is reported.
  void release(void* memory) noexcept;
  int device() const { return user_.device(); }
  /// Times that idle memory was freed: what is recorded elsewhere may be gone.
  std::int64_t frees() const { return frees_; }

 private:
  struct Block {
    void* memory = nullptr;
    std::unique_ptr<Event> last_use;
  };
  void free_idle();
  /// The largest idle block that serves a request.
  std::int64_t most_for(std::int64_t wanted) const;

  const Stream& user_;
  const Takers takers_;
  const std::int64_t small_waste_;
  std::mutex mutex_;
  std::int64_t frees_ = 0;
  std::multimap<std::int64_t, Block> idle_;
  std::unordered_map<void*, std::int64_t> used_;
};

}  // namespace flm
