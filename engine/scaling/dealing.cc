#include "engine/scaling/dealing.h"

#include <algorithm>
#include <queue>
#include <utility>
#include <vector>

namespace flm {

Dealing simulate_dealing(std::span<const DealtBatch> batches, int gpus, int gpus_of_a_node) {
  using Free = std::pair<double, int>;  // when, which GPU
  std::priority_queue<Free, std::vector<Free>, std::greater<>> free;
  for (int gpu = 0; gpu < gpus; ++gpu) free.emplace(0.0, gpu);
  Dealing dealing;
  double dealer = 0;  // rank 0 is free at
  for (const DealtBatch& batch : batches) {
    auto [start, gpu] = free.top();
    free.pop();
    if (gpu >= gpus_of_a_node) {
      dealer = std::max(dealer, start) + batch.deal;
      start = dealer;
    }
    const double end = start + std::max(batch.compute, batch.weights);
    free.emplace(end, gpu);
    dealing.seconds = std::max(dealing.seconds, end);
    dealing.busy += batch.compute;
  }
  return dealing;
}

}  // namespace flm
