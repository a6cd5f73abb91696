// One pass over all weights: hash and NaN/Inf count.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "engine/checkpoint/contents/content_cache.h"
#include "engine/checkpoint/contents/job_queue.h"
#include "engine/checkpoint/contents/read_ahead.h"
#include "engine/checkpoint/tensors/stored_tensor.h"
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
  std::vector<std::string> chunks = {};  // SHA-256 of each; empty until it was looked through
  NotFinite not_finite = {};
};

/// Where the files of some tensors lie, and who they are: `identity` changes with any file and with
/// the set of tensors.
struct ContentKey {
  std::string place, identity;
};
ContentKey content_key(const std::map<std::string, const StoredTensor*>& tensors);

/// Looks through tensors by chunks, so that the threads share a large one. `tensors` holds every
/// logical tensor once. A cache that cannot be read or written is no error. Any thread; tensors and
/// progress outlive it.
class ContentPass {
 public:
  ContentPass(const std::map<std::string, const StoredTensor*>& tensors, Progress& progress,
              bool use_cache, int threads);
  ContentPass(const ContentPass&) = delete;
  ContentPass& operator=(const ContentPass&) = delete;
  /// Whether the findings were in the cache.
  bool from_cache() const { return from_cache_; }
  /// Looks through a tensor, once, on threads of its own while the caller uses the same bytes: a
  /// file is read once. Waits where much is on its way already, so that none falls behind. Whether
  /// it was this call that started.
  bool start(const std::string& name);
  /// Waits for what was started and looks through the rest. A UserError where a file changed
  /// meanwhile: nothing is known then.
  WeightTable::ContentCheck finish();

 private:
  /// Extents of mapped files that are read one after another.
  struct Walk {
    explicit Walk(std::vector<ReadAhead::Extent> extents) : ahead(std::move(extents)) {}
    ReadAhead ahead;
    std::atomic<std::int64_t> used{0};
  };

  void add_jobs(ContentFinding& finding, const std::shared_ptr<Walk>& walk);
  void look_through(ContentFinding& finding, std::int64_t chunk, Walk& walk);
  std::vector<ContentFinding*> not_started();
  void require_unchanged() const;

  Progress& progress_;
  const std::size_t threads_;
  std::vector<ContentFinding> findings_;  // names ascending
  ContentKey key_;
  std::optional<LastCheck> last_;
  std::optional<WeightTable::ContentCheck> known_;
  bool from_cache_ = false;
  std::int64_t total_ = 0, done_ = 0;  // bytes
  std::mutex mutex_, findings_mutex_;  // of start and finish; of counts
  JobQueue jobs_;                      // its threads end when it is destroyed: last
};

}  // namespace flm
