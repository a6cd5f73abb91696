// Rounds of a loop that share nothing but through the loop, from more threads than its arena has;
// with an argument all rounds of a loop count up one number, which is a race.
#include <cstdint>
#include <cstdio>
#include <thread>
#include <vector>

#include "base/parallel_loop.h"

namespace {

std::int64_t sum_of_loops(tbb::task_arena& arena, bool race) {
  std::int64_t sum = 0, raced = 0;
  for (int turn = 0; turn < 500; ++turn) {
    std::vector<int> in(64, turn), out(64);
    flm::parallel_loop(arena, 2, [&](std::int64_t half) {
      for (auto i = static_cast<std::size_t>(half); i < 64; i += 2) out[i] = in[i] + 1;
      if (race) ++raced;
    });
    for (const int value : out) sum += value;
  }
  return sum;
}

}  // namespace

int main(int argc, char**) {
  tbb::task_arena arena(2);
  std::vector<std::int64_t> sums(5);
  for (int turn = 0; turn < 4; ++turn) sums[4] = sum_of_loops(arena, argc > 1);
  std::vector<std::thread> callers;
  for (std::size_t i = 0; i < 4; ++i)
    callers.emplace_back([&arena, &sum = sums[i]] { sum = sum_of_loops(arena, false); });
  for (std::thread& caller : callers) caller.join();
  for (const std::int64_t sum : sums)
    if (sum != 64 * 501 * 250) {
      std::printf("the sum is %lld\n", static_cast<long long>(sum));
      return 1;
    }
}
