#include "base/errors.h"
#include "engine/engine.h"

namespace flm {

double ScoreResult::sum() const {
  double total = 0;
  for (float logprob : logprobs) total += static_cast<double>(logprob);
  return total;
}

bool ScoreResult::greedy(std::span<const std::int32_t> targets) const {
  FLM_CHECK(targets.size() == argmax.size(), "a target for each scored position");
  for (std::size_t i = 0; i < targets.size(); ++i)
    if (targets[i] != argmax[i]) return false;
  return true;
}

}  // namespace flm
