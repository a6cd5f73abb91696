// Page-locked weights, as devices take them: one copy for all devices of the process.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>

#include "engine/cuda/runtime/runtime.h"

namespace flm {

/// Slices of stored matrices, filled once by whoever comes first; they stay. Any device reads them:
/// with unified addresses all page-locked memory is every device's. Any thread.
class LockedWeights {
 public:
  /// While `bytes` last.
  explicit LockedWeights(std::int64_t bytes) : left_(bytes) {}

  /// Name, first row and end, first column and end.
  using Slice = std::tuple<std::string, std::int64_t, std::int64_t, std::int64_t, std::int64_t>;
  /// Null where there is no room; others wait while one fills.
  const PinnedMemory* find(const Slice& slice, std::int64_t bytes,
                           const std::function<void(std::byte* out)>& fill);

 private:
  struct Entry {
    std::once_flag filled;
    std::unique_ptr<PinnedMemory> memory;  // null: there was no room
  };
  /// Null where the host lends no more.
  std::unique_ptr<PinnedMemory> lock(std::int64_t bytes);

  std::mutex mutex_;   // of what follows
  std::int64_t left_;  // 0 for good once a lock fails: each try can take seconds
  std::map<Slice, std::unique_ptr<Entry>> entries_;
};

}  // namespace flm
