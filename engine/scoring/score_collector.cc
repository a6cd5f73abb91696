#include "engine/scoring/score_collector.h"

#include <cmath>
#include <string>
#include <utility>

namespace flm {

ScoreCollector::ScoreCollector(std::span<const ScoreRequest> requests)
    : requests_(requests), results_(requests.size()), missing_(requests.size(), -1) {}

void ScoreCollector::deliver_empty(const ScoreSink& sink) {
  for (std::size_t i = 0; i < requests_.size(); ++i)
    if (static_cast<std::size_t>(requests_[i].first_scored) == requests_[i].tokens.size())
      sink(i, ScoreResult{});
}

void ScoreCollector::start(std::size_t request) {
  const ScoreRequest& asked = requests_[request];
  const std::size_t count = asked.tokens.size() - static_cast<std::size_t>(asked.first_scored);
  missing_[request] = static_cast<std::int32_t>(count);
  ScoreResult& result = results_[request];
  result.logprobs.resize(count);
  result.argmax.resize(count);
  if (asked.top_k > 0) result.top.resize(count);
}

void ScoreCollector::fail(std::size_t request, std::size_t index, float log_sum_exp) {
  const std::size_t position = static_cast<std::size_t>(requests_[request].first_scored) + index;
  results_[request] = {};
  results_[request].error =
      "the logits for token " + std::to_string(position) +
      " are not finite: the model has diverged, or its weights or its configuration are broken; "
      "look at it with: flmeval model verify (log-sum-exp " +
      std::to_string(log_sum_exp) + ")";
}

void ScoreCollector::take(std::span<const HeadAnswer> answers,
                          std::span<const Recipient> recipients, const ScoreSink& sink) {
  for (const Recipient& recipient : recipients) {
    const auto r = static_cast<std::size_t>(recipient.request),
               index = static_cast<std::size_t>(recipient.index);
    if (missing_[r] < 0) start(r);
    const HeadAnswer& answer = answers[static_cast<std::size_t>(recipient.head_row)];
    ScoreResult& result = results_[r];
    // Positions come in ascending order, so that the error names the first.
    if (result.error.empty() && !std::isfinite(answer.log_sum_exp))
      fail(r, index, answer.log_sum_exp);
    if (result.error.empty()) {
      result.logprobs[index] = answer.logprobs[static_cast<std::size_t>(recipient.target)];
      result.argmax[index] = answer.argmax;
      if (const auto k = requests_[r].top_k; k > 0)
        result.top[index].assign(answer.top.begin(), answer.top.begin() + k);
    }
    if (--missing_[r] == 0) {
      sink(r, std::move(result));
      result = {};
    }
  }
}

}  // namespace flm
