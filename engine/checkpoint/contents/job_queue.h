// Jobs for a few threads of its own.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace flm {

/// Runs jobs in the order in which they came, on at most so many threads; a thread is made when a
/// job finds none. The first failure is kept for wait(), and what waits then is dropped. Any thread
/// may call.
class JobQueue {
 public:
  explicit JobQueue(int threads) : most_(static_cast<std::size_t>(threads)) {}
  /// What has not begun is dropped.
  ~JobQueue();
  JobQueue(const JobQueue&) = delete;
  JobQueue& operator=(const JobQueue&) = delete;

  void add(std::function<void()> job);
  /// Waits until fewer jobs than this wait for a thread.
  void wait_below(std::size_t waiting);
  /// Waits for all jobs; throws the first failure.
  void wait();

 private:
  void work();

  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable came_, went_;
  std::deque<std::function<void()>> waiting_;
  std::size_t running_ = 0;
  bool closed_ = false;
  std::exception_ptr failure_;
  std::vector<std::thread> threads_;
};

}  // namespace flm
