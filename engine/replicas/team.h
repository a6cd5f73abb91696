// Threads that drive several replicas, and the thread that is handed what they bring.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <queue>
#include <thread>
#include <utility>
#include <vector>

namespace flm {

/// Runs drive(i) for each member on a thread of its own. What they bring() is handed to `take` in
/// the calling thread, one at a time. The first error, of a member or of `take`, is thrown once all
/// members are through; they see failed() and end early.
template <class Item>
class Team {
 public:
  template <class Drive, class Take, class Idle>
  void run(std::size_t members, const Drive& drive, const Take& take, const Idle& idle) {
    busy_ = members;
    std::vector<std::jthread> threads;  // joined before this returns
    for (std::size_t i = 0; i < members; ++i) threads.emplace_back([&, i] { run_one(drive, i); });
    while (std::optional<Item> item = next(idle)) {
      if (taker_failed_) continue;  // what comes after goes nowhere
      try {
        take(std::move(*item));
      } catch (...) {
        taker_failed_ = true;
        fail(std::current_exception());
      }
    }
    threads.clear();
    if (error_) std::rethrow_exception(error_);
  }

  void bring(Item item) {
    const std::lock_guard lock(mutex_);
    items_.push(std::move(item));
    changed_.notify_all();
  }
  bool failed() const {
    const std::lock_guard lock(mutex_);
    return error_ != nullptr;
  }
  /// After run(): whether it was `take` that threw.
  bool taker_failed() const { return taker_failed_; }

 private:
  template <class Drive>
  void run_one(const Drive& drive, std::size_t i) {
    try {
      drive(i);
    } catch (...) {
      fail(std::current_exception());
    }
    const std::lock_guard lock(mutex_);
    --busy_;
    changed_.notify_all();
  }

  void fail(std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
  }

  /// Nothing once all members are through and all is taken.
  template <class Idle>
  std::optional<Item> next(const Idle& idle) {
    constexpr auto kLook = std::chrono::milliseconds(200);
    std::unique_lock lock(mutex_);
    while (items_.empty() && busy_ > 0) {
      if (changed_.wait_for(lock, kLook, [&] { return !items_.empty() || busy_ == 0; })) continue;
      lock.unlock();
      idle();
      lock.lock();
    }
    if (items_.empty()) return std::nullopt;
    Item item = std::move(items_.front());
    items_.pop();
    return item;
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::queue<Item> items_;
  std::size_t busy_ = 0;
  std::exception_ptr error_;
  bool taker_failed_ = false;  // the calling thread's
};

}  // namespace flm
