#include "harness/proof/compute_again.h"

#include <atomic>

namespace flm {

std::vector<ScoreResult> score_again(Engine& engine, const std::vector<ScoreRequest>& requests) {
  std::vector<ScoreResult> results(requests.size());
  const std::atomic<bool> never{false};
  engine.score(
      requests, [&](std::size_t i, ScoreResult&& result) { results[i] = std::move(result); }, [] {},
      never);
  return results;
}

std::vector<GenerateResult> generate_again(Engine& engine, const Tokenizer& tokenizer,
                                           const std::vector<GenerateRequest>& requests) {
  std::vector<GenerateResult> results(requests.size());
  const std::atomic<bool> never{false};
  engine.generate(
      requests, tokenizer,
      [&](std::size_t i, GenerateResult&& result) { results[i] = std::move(result); }, [] {},
      never);
  return results;
}

}  // namespace flm
