#include "harness/proof/generated_scores.h"

namespace flm {
namespace {

bool chooses_most_likely(const Sampling& sampling) {
  return sampling.temperature == 0 && sampling.repetition_penalty == 1;
}

}  // namespace

std::vector<ScoreResult> add_generated_scores(
    RunPlan& plan, const std::function<GenerateResult(std::size_t)>& reported) {
  std::vector<ScoreResult> results;
  for (std::size_t i = 0; i < plan.generations.size(); ++i) {
    const GenerateRequest& asked = plan.generations[i];
    GenerateResult answer = reported(i);
    if (!answer.error.empty() || answer.tokens.empty()) continue;
    ScoreRequest request{asked.prompt, static_cast<std::int32_t>(asked.prompt.size()), 0};
    request.tokens.insert(request.tokens.end(), answer.tokens.begin(), answer.tokens.end());
    plan.scores.push_back(std::move(request));
    RequestHome home = plan.generation_homes[i];
    home.request = 0;  // one text, however many the item has: there is nothing to choose among
    plan.score_homes.push_back(home);
    ScoreResult& result = results.emplace_back();
    result.logprobs = std::move(answer.logprobs);
    if (chooses_most_likely(asked.sampling)) result.argmax = std::move(answer.tokens);
  }
  return results;
}

}  // namespace flm
