// The NCCL communicators of the ranks of a process, which fail together.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/cuda/nccl/nccl_library.h"
#include "engine/cuda/runtime/runtime.h"
#include "engine/parallel/communicator.h"

namespace flm {

/// A thread of its own watches: once a rank's communicator has an error, the ranks' group has
/// failed, or no gather has come to its end for `limit`, all communicators are aborted, which ends
/// what waits on the devices. The first reason stays. One thread for each rank, and any for the
/// rest. Streams with gathers on them are settled before it goes.
class NcclGroup {
 public:
  using Duration = std::chrono::duration<double>;

  /// `members` outlives it.
  NcclGroup(std::shared_ptr<const NcclLibrary> library, const Communicator& members,
            Duration limit);
  ~NcclGroup();
  NcclGroup(const NcclGroup&) = delete;
  NcclGroup& operator=(const NcclGroup&) = delete;

  const std::string& library_name() const { return library_->name; }

  /// For all ranks, from one of them.
  NcclUniqueId unique_id() const;
  /// Every rank, with its own device; waits until all have come, at most the limit.
  void join(int rank, int device, const NcclUniqueId& id);
  /// Enqueues on the rank's stream; `data` has room for all ranks' `bytes`, its own in their place.
  void all_gather(int rank, void* data, std::int64_t bytes, CudaStream stream);
  /// Behind gathers on the stream that run now: their end is watched.
  void watch(int rank, CudaStream stream);

  /// Throws the first failure.
  void check() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Rank {
    std::mutex calls;  // of the library, one at a time
    NcclComm* comm = nullptr;
    int device = 0;
    std::deque<std::unique_ptr<Event>> running;  // ends of gathers, oldest first
    std::vector<std::unique_ptr<Event>> idle;
    std::int64_t ended = 0;   // of those that were watched
    Clock::time_point moved;  // when the oldest became the oldest
  };

  std::string state(Rank& rank, int index);  // what the library says against a rank; empty: nothing
  void advance(Rank& rank);
  std::string late_ranks();  // empty: none
  std::string trouble();
  void watch_all();
  void fail(const std::string& reason);
  void abort_all();

  const std::shared_ptr<const NcclLibrary> library_;
  const Communicator& members_;
  const Duration limit_;
  std::vector<std::unique_ptr<Rank>> ranks_;
  mutable std::mutex mutex_;  // of what follows and of the ranks' ends
  std::condition_variable over_changed_;
  bool over_ = false;
  std::string failure_;  // empty: none
  std::thread watchdog_;
};

}  // namespace flm
