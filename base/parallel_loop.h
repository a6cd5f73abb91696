// A loop whose rounds the threads of the current oneTBB arena share.
#pragma once

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <atomic>
#include <concepts>
#include <cstdint>

namespace flm {

/// What a loop's threads tell each other, by two counters: whoever is with them sees what was
/// written ahead of the loop, and behind it what they wrote, also where a round threw.
struct LoopOrder {
  std::atomic<std::int64_t> begun = 0, done = 0;

  LoopOrder() { begun.store(1, std::memory_order_release); }
  ~LoopOrder() { (void)done.load(std::memory_order_acquire); }
  LoopOrder(const LoopOrder&) = delete;
  LoopOrder& operator=(const LoopOrder&) = delete;

  /// A thread's part of the loop.
  class Part {
   public:
    explicit Part(LoopOrder& order) : order_(order) {
      (void)order_.begun.load(std::memory_order_acquire);
    }
    ~Part() { order_.done.fetch_add(1, std::memory_order_release); }
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;

   private:
    LoopOrder& order_;
  };
};

/// What parallel_loop gives to oneTBB: copies of it run on any thread.
template <std::integral I, class F>
struct LoopBody {
  const F* f;
  LoopOrder* order;
  void operator()(const tbb::blocked_range<I>& rounds) const {
    const LoopOrder::Part part(*order);
    for (I i = rounds.begin(); i < rounds.end(); ++i) (*f)(i);
  }
};

/// f(i) for i in [0, count), each a task of its own: rounds that are over at once go in blocks. All
/// of them see what was written before the loop, and what they write is seen behind it: oneTBB sees
/// to that out of ThreadSanitizer's sight, LoopOrder says it again where that looks
/// (cmake/tsan.supp). An error of one is thrown when none runs any more.
template <std::integral I, class F>
void parallel_loop(I count, const F& f) {
  LoopOrder order;
  tbb::parallel_for(tbb::blocked_range<I>(0, count, 1), LoopBody<I, F>{&f, &order},
                    tbb::simple_partitioner());
}

/// The same on the threads of `arena`. Where others have all of its places, one of them runs the
/// loop for the caller, which waits.
template <std::integral I, class F>
void parallel_loop(tbb::task_arena& arena, I count, const F& f) {
  LoopOrder order;
  arena.execute([&] {
    const LoopOrder::Part part(order);
    parallel_loop(count, f);
  });
}

}  // namespace flm
