#include "engine/scoring/score_collector.h"

#include <algorithm>

#include "base/errors.h"

namespace flm {

ScoreCollector::ScoreCollector(std::span<const ScoreRequest> requests)
    : requests_(requests), results_(requests.size()), missing_(requests.size(), -1) {}

void ScoreCollector::deliver_empty(const ScoreSink& sink) {
  for (std::size_t i = 0; i < requests_.size(); ++i)
    if (static_cast<std::size_t>(requests_[i].first_scored) == requests_[i].tokens.size())
      sink(i, ScoreResult{});
}

void ScoreCollector::start(std::int64_t request) {
  const auto r = static_cast<std::size_t>(request);
  const std::size_t count =
      requests_[r].tokens.size() - static_cast<std::size_t>(requests_[r].first_scored);
  missing_[r] = static_cast<std::int32_t>(count);
  results_[r].logprobs.resize(count);
  results_[r].argmax.resize(count);
  if (requests_[r].top_k > 0) results_[r].top.resize(count);
}

void ScoreCollector::take(const PrefixTrie& trie, const SuperBatch& batch,
                          std::span<const HeadAnswer> answers, std::span<const HeadQuery> queries,
                          const ScoreSink& sink) {
  std::int32_t node = -1;
  std::size_t row = 0;  // of answers, plus one
  for (const ScoredPosition& scored : trie.scored(batch.begin, batch.end)) {
    if (scored.node != node) ++row;
    node = scored.node;
    const HeadQuery& query = queries[row - 1];
    const HeadAnswer& answer = answers[row - 1];
    const auto r = static_cast<std::size_t>(scored.request),
               index = static_cast<std::size_t>(scored.index);
    if (missing_[r] < 0) start(scored.request);
    const auto at = std::lower_bound(query.targets.begin(), query.targets.end(), scored.target);
    FLM_CHECK(at != query.targets.end() && *at == scored.target, "a target that was not asked");
    ScoreResult& result = results_[r];
    result.logprobs[index] = answer.logprobs[static_cast<std::size_t>(at - query.targets.begin())];
    result.argmax[index] = answer.argmax;
    if (const auto k = requests_[r].top_k; k > 0)
      result.top[index].assign(answer.top.begin(), answer.top.begin() + k);
    if (--missing_[r] == 0) {
      sink(r, std::move(result));
      result = {};
    }
  }
}

}  // namespace flm
