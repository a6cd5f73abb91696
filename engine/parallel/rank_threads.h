// Threads that stay, one for each rank but the first, who is the caller.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace flm {

/// One caller at a time. A rank's thread is the same in every call, so that it may keep a device.
class RankThreads {
 public:
  /// A UserError where the system has no more threads to give.
  explicit RankThreads(int ranks);
  ~RankThreads();
  RankThreads(const RankThreads&) = delete;
  RankThreads& operator=(const RankThreads&) = delete;

  /// f(rank) on all ranks at once. The first error by time, once all are through; `failed` is told
  /// of each rank that throws, at once, so that it can wake those who wait for it.
  void run(const std::function<void(int rank)>& f, const std::function<void(int rank)>& failed);

 private:
  void serve(int rank);
  void run_one(int rank);
  void stop();

  std::mutex mutex_;
  std::condition_variable changed_;
  const std::function<void(int)>* job_ = nullptr;
  const std::function<void(int)>* failed_ = nullptr;
  std::int64_t jobs_ = 0;  // started
  int busy_ = 0;           // threads that are not through with the last one
  bool over_ = false;
  std::exception_ptr error_;
  std::vector<std::thread> threads_;  // of ranks 1, 2, ...
};

}  // namespace flm
