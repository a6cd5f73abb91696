// Rounds of a loop that share nothing but through the loop; with an argument all of them count up
// one number, which is a race.
#include <tbb/task_arena.h>

#include <cstdint>
#include <cstdio>
#include <vector>

#include "base/parallel_loop.h"

int main(int argc, char**) {
  tbb::task_arena arena(2);
  std::int64_t sum = 0, raced = 0;
  for (int turn = 0; turn < 2000; ++turn) {
    std::vector<int> in(64, turn), out(64);
    arena.execute([&] {
      flm::parallel_loop(2, [&](std::int64_t half) {
        for (auto i = static_cast<std::size_t>(half); i < 64; i += 2) out[i] = in[i] + 1;
        if (argc > 1) ++raced;
      });
    });
    for (const int value : out) sum += value;
  }
  if (sum != 64 * 2001 * 1000) std::printf("the sum is %lld\n", static_cast<long long>(sum));
  return sum == 64 * 2001 * 1000 ? 0 : 1;
}
