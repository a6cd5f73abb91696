// Decode steps as graphs, and the memory that they hold.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "engine/cuda/device_collectives.h"
#include "engine/cuda/runtime/device_pool.h"
#include "engine/cuda/runtime/graph_cache.h"

namespace flm {

/// Graphs hold the addresses of what they were recorded with: all are forgotten as soon as a pool
/// frees memory. One thread at a time.
class RecordedSteps {
 public:
  /// `plain`: where work takes its memory outside of such steps.
  RecordedSteps(const Stream& stream, DevicePool& plain)
      : stream_(stream), plain_(plain), own_(stream, DevicePool::Takers::kSameStream) {}

  /// Runs the body, from the third time of a key on as a graph. Ranks agree by `collectives` how
  /// each step is run; null until the first gather, which may come in the body.
  void run(const GraphCache::Key& key, const std::function<void()>& body,
           const std::unique_ptr<DeviceCollectives>& collectives);
  /// Where work takes its memory now: within a step from a pool that nobody else takes from.
  DevicePool& scratch() { return running_ ? own_ : plain_; }

 private:
  const Stream& stream_;
  DevicePool& plain_;
  DevicePool own_;
  GraphCache graphs_;
  std::int64_t frees_ = 0;
  bool running_ = false;
};

}  // namespace flm
