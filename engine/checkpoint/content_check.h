// One pass over all weights: hash and NaN/Inf count.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "engine/checkpoint/stored_tensor.h"
#include "engine/checkpoint/weight_table.h"

namespace flm {

/// NaNs and infinities among values.
struct NotFinite {
  std::int64_t nans = 0, infinities = 0;
};
NotFinite count_not_finite(DType dtype, const std::byte* values, std::int64_t count);

/// What is known of one tensor.
struct ContentFinding {
  const std::string* name;
  const StoredTensor* tensor;
  bool started = false;
  std::string sha256 = {};
  NotFinite not_finite = {};
};

/// SHA-256 over one line a tensor, names ascending bytewise: "NAME DTYPE [SHAPE]
/// SHA-256-OF-BYTES\n". `tensors` holds every logical tensor once. A cache that cannot be read or
/// written is no error. Any thread; tensors and progress outlive it.
class ContentPass {
 public:
  ContentPass(const std::map<std::string, const StoredTensor*>& tensors, Progress& progress,
              bool use_cache);
  /// What is on its way ends early.
  ~ContentPass() { given_up_ = true; }
  ContentPass(const ContentPass&) = delete;
  ContentPass& operator=(const ContentPass&) = delete;
  /// Whether the findings were in the cache.
  bool from_cache() const { return from_cache_; }
  /// Looks through a tensor, once, on a thread of its own while the caller uses the same bytes: a
  /// file is read once. Waits where many are on their way already, so that none falls behind.
  void start(const std::string& name);
  /// Waits for what was started and looks through the rest.
  WeightTable::ContentCheck finish();

 private:
  void look_through(ContentFinding& finding);
  std::vector<ContentFinding*> not_started();
  void count(std::int64_t bytes);

  Progress& progress_;
  std::vector<ContentFinding> findings_;  // names ascending
  std::string key_;
  std::optional<WeightTable::ContentCheck> known_;
  bool from_cache_ = false;
  std::int64_t total_ = 0;
  std::mutex mutex_, progress_mutex_;
  std::atomic<std::int64_t> done_{0};  // bytes
  std::atomic<bool> given_up_{false};
  std::deque<std::future<void>> on_the_way_;  // they wait for their threads when destroyed: last
};

}  // namespace flm
