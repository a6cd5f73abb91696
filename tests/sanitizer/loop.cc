// Rounds of a loop that share nothing but through the loop, from more threads than its arena has,
// rounds that throw, and a sort by what was written before it; with an argument all rounds of a
// loop count up one number, which is a race.
#include <tbb/parallel_sort.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/parallel_loop.h"

namespace {

std::int64_t sum_of_loops(tbb::task_arena& arena) {
  std::int64_t sum = 0;
  for (int turn = 0; turn < 500; ++turn) {
    std::vector<int> in(64, turn), out(64);
    flm::parallel_loop(arena, 2, [&](std::int64_t half) {
      for (auto i = static_cast<std::size_t>(half); i < 64; i += 2) out[i] = in[i] + 1;
    });
    for (const int value : out) sum += value;
  }
  return sum;
}

/// Rounds that end in an error have written before it, too.
bool throws(tbb::task_arena& arena) {
  for (int turn = 0; turn < 100; ++turn) {
    std::vector<int> out(64);
    try {
      flm::parallel_loop(arena, out.size(), [&](std::size_t i) {
        out[i] = turn;
        if (i % 8 == 5) throw std::runtime_error("a round");
      });
      return false;
    } catch (const std::runtime_error&) {
      out.assign(64, -1);
    }
  }
  return true;
}

/// Until another thread had rounds, too, which on a busy machine takes a while.
void race(tbb::task_arena& arena) {
  std::int64_t count = 0;
  std::atomic<int> of_others = 0;
  const auto self = std::this_thread::get_id();
  while (of_others.load(std::memory_order_relaxed) < 100)
    flm::parallel_loop(arena, 2, [&](int) {
      ++count;
      if (std::this_thread::get_id() != self) of_others.fetch_add(1, std::memory_order_relaxed);
    });
}

/// Of [0, 20000) by keys of this thread's own.
bool sorts(std::uint64_t seed) {
  std::vector<std::uint64_t> keys(20000);
  std::vector<std::size_t> order(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = (seed += i) * 0x9E3779B97F4A7C15u;
  for (std::size_t i = 0; i < keys.size(); ++i) order[i] = i;
  tbb::parallel_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return keys[a] < keys[b]; });
  for (std::size_t i = 1; i < order.size(); ++i)
    if (keys[order[i - 1]] > keys[order[i]]) return false;
  return true;
}

}  // namespace

int main(int argc, char**) {
  tbb::task_arena arena(2);
  if (argc > 1) {
    race(arena);
    return 0;
  }
  std::vector<std::int64_t> sums(5);
  sums[4] = sum_of_loops(arena);
  std::vector<std::thread> callers;
  for (std::size_t i = 0; i < 4; ++i)
    callers.emplace_back([&arena, &sum = sums[i]] { sum = sum_of_loops(arena); });
  for (std::thread& caller : callers) caller.join();
  if (!throws(arena)) return 1;
  for (std::uint64_t seed = 1; seed <= 3; ++seed)
    if (!sorts(seed)) return 1;
  for (const std::int64_t sum : sums)
    if (sum != 64 * 501 * 250) {
      std::printf("the sum is %lld\n", static_cast<long long>(sum));
      return 1;
    }
}
