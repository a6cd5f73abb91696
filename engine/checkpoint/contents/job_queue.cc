#include "engine/checkpoint/contents/job_queue.h"

#include <utility>

namespace flm {

JobQueue::~JobQueue() {
  {
    const std::lock_guard lock(mutex_);
    waiting_.clear();
    closed_ = true;
  }
  came_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void JobQueue::add(std::function<void()> job) {
  const std::lock_guard lock(mutex_);
  if (failure_) return;
  waiting_.push_back(std::move(job));
  if (running_ + waiting_.size() > threads_.size() && threads_.size() < most_)
    threads_.emplace_back([this] { work(); });
  came_.notify_one();
}

void JobQueue::wait_below(std::size_t waiting) {
  std::unique_lock lock(mutex_);
  went_.wait(lock, [&] { return waiting_.size() < waiting; });
}

void JobQueue::wait() {
  std::unique_lock lock(mutex_);
  went_.wait(lock, [&] { return waiting_.empty() && running_ == 0; });
  if (failure_) std::rethrow_exception(failure_);
}

void JobQueue::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    came_.wait(lock, [&] { return closed_ || !waiting_.empty(); });
    if (waiting_.empty()) return;  // closed
    const std::function<void()> job = std::move(waiting_.front());
    waiting_.pop_front();
    ++running_;
    lock.unlock();
    std::exception_ptr failure;
    try {
      job();
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    --running_;
    if (failure && !failure_) failure_ = failure;
    if (failure) waiting_.clear();
    went_.notify_all();
  }
}

}  // namespace flm
