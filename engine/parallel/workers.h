// The threads of one backend: one oneTBB arena, and loops whose tasks are taken in order.
#pragma once

#include <tbb/task_arena.h>

#include <atomic>
#include <cstdint>
#include <vector>

#include "base/parallel_loop.h"

namespace flm {

/// Never changes a result: tasks write to different places.
class Workers {
 public:
  explicit Workers(int threads) : threads_(threads), arena_(threads) {}
  std::int64_t threads() const { return threads_; }

  /// f(i) for i in [0, count), `grain` neighbours on one thread.
  template <class F>
  void spread(std::int64_t count, std::int64_t grain, F f) const {
    in_order((count + grain - 1) / grain, [&](std::int64_t block) {
      const std::int64_t end = block * grain + grain < count ? block * grain + grain : count;
      for (std::int64_t i = block * grain; i < end; ++i) f(i);
    });
  }

  /// f(task) for task in [0, count): each thread takes the next one, so that all of them work on
  /// neighbours, which share what is in the last-level cache, and a slow thread takes fewer.
  template <class F>
  void in_order(std::int64_t count, F f) const {
    if (count <= 1 || threads_ == 1) {
      for (std::int64_t task = 0; task < count; ++task) f(task);
      return;
    }
    std::atomic<std::int64_t> next = 0;
    on_each([&](std::int64_t) {
      for (std::int64_t task = next++; task < count; task = next++) f(task);
    });
  }

  /// Likewise, but each thread takes from a range of its own, in order, and then what others have
  /// left of theirs: what a task reads lies behind what the one before it has read.
  template <class F>
  void in_ranges(std::int64_t count, F f) const {
    if (count <= 1 || threads_ == 1) return in_order(count, f);
    std::vector<Range> ranges(static_cast<std::size_t>(threads_));
    for (std::int64_t t = 0; t < threads_; ++t) {
      ranges[static_cast<std::size_t>(t)].next = count * t / threads_;
      ranges[static_cast<std::size_t>(t)].end = count * (t + 1) / threads_;
    }
    on_each([&](std::int64_t own) {
      for (std::int64_t i = 0; i < threads_; ++i) {
        Range& range = ranges[static_cast<std::size_t>((own + i) % threads_)];
        for (std::int64_t task = range.next++; task < range.end; task = range.next++) f(task);
      }
    });
  }

 private:
  struct alignas(64) Range {  // a line of its own
    std::atomic<std::int64_t> next = 0;
    std::int64_t end = 0;
  };

  /// f(t) for each thread t.
  template <class F>
  void on_each(F f) const {
    parallel_loop(arena_, threads_, f);
  }

  std::int64_t threads_;
  mutable tbb::task_arena arena_;
};

}  // namespace flm
