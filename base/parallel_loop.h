// A loop whose rounds the threads of the current oneTBB arena share.
#pragma once

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <atomic>
#include <concepts>
#include <cstdint>

namespace flm {

/// What parallel_loop gives to oneTBB: copies of it run on any thread.
template <std::integral I, class F>
struct LoopBody {
  const F* f;
  std::atomic<std::int64_t>* begun;
  std::atomic<std::int64_t>* done;
  void operator()(const tbb::blocked_range<I>& rounds) const {
    (void)begun->load(std::memory_order_acquire);
    for (I i = rounds.begin(); i < rounds.end(); ++i) (*f)(i);
    done->fetch_add(1, std::memory_order_release);
  }
};

/// f(i) for i in [0, count), each a task of its own: rounds that are over at once go in blocks. All
/// of them see what was written before the loop, and what they write is seen behind it: oneTBB sees
/// to that out of ThreadSanitizer's sight, the two counters say it again where that looks
/// (cmake/tsan.supp).
template <std::integral I, class F>
void parallel_loop(I count, const F& f) {
  std::atomic<std::int64_t> begun = 0, done = 0;
  begun.store(1, std::memory_order_release);
  tbb::parallel_for(tbb::blocked_range<I>(0, count, 1), LoopBody<I, F>{&f, &begun, &done},
                    tbb::simple_partitioner());
  (void)done.load(std::memory_order_acquire);
}

/// The same on the threads of `arena`. Where others have all of its places, one of them runs the
/// loop for the caller, which waits.
template <std::integral I, class F>
void parallel_loop(tbb::task_arena& arena, I count, const F& f) {
  std::atomic<std::int64_t> begun = 0, done = 0;
  begun.store(1, std::memory_order_release);
  arena.execute([&] {
    (void)begun.load(std::memory_order_acquire);
    parallel_loop(count, f);
    done.fetch_add(1, std::memory_order_release);
  });
  (void)done.load(std::memory_order_acquire);
}

}  // namespace flm
