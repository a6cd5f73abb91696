// Work shared out over threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <utility>
#include <vector>

#include "base/parallel_loop.h"

namespace flm {

/// Runs work(i, worker) for i in [0, count) on up to `threads` workers. Of several errors that of
/// the lowest i is thrown.
template <typename Work>
void share_out(std::size_t count, int threads, Work&& work) {
  const std::size_t size = std::clamp<std::size_t>(static_cast<std::size_t>(std::max(1, threads)),
                                                   1, std::max<std::size_t>(1, count));
  std::atomic<std::size_t> next{0};
  std::vector<std::pair<std::size_t, std::exception_ptr>> errors(size, {count, nullptr});
  const auto run = [&](std::size_t worker) {
    for (std::size_t i = next++; i < count; i = next++) {
      try {
        work(i, worker);
      } catch (...) {
        errors[worker] = {i, std::current_exception()};
        next = count;
        return;
      }
    }
  };
  tbb::task_arena arena(static_cast<int>(size));
  parallel_loop(arena, size, run);
  const auto first = std::min_element(
      errors.begin(), errors.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  if (first->second) std::rethrow_exception(first->second);
}

}  // namespace flm
