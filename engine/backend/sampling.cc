#include "engine/backend/sampling.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "base/errors.h"
#include "engine/numerics/exponential.h"
#include "engine/numerics/random_stream.h"

namespace flm {
namespace {

struct Candidate {
  std::int32_t id = 0;
  double weight = 0;  // penalised logit over temperature, then e^(it - the highest)
};

/// Heap order: the most likely candidate is on top, the lowest id on ties.
bool less_likely(const Candidate& a, const Candidate& b) {
  return a.weight < b.weight || (a.weight == b.weight && a.id > b.id);
}

bool lower_id(const Candidate& a, const Candidate& b) { return a.id < b.id; }

/// The lowest id of the largest logit; lanes of their own, which the compiler makes vectors of.
std::int32_t argmax(std::span<const float> logits) {
  constexpr std::size_t kLanes = 16;
  float lanes[kLanes];
  std::fill_n(lanes, kLanes, logits[0]);
  std::size_t i = 0;
  for (; i + kLanes <= logits.size(); i += kLanes)
    for (std::size_t j = 0; j < kLanes; ++j)
      lanes[j] = lanes[j] < logits[i + j] ? logits[i + j] : lanes[j];
  float best = *std::max_element(lanes, lanes + kLanes);
  for (; i < logits.size(); ++i) best = std::max(best, logits[i]);
  const auto at = std::find(logits.begin(), logits.end(), best);
  return at == logits.end() ? 0 : static_cast<std::int32_t>(at - logits.begin());  // NaN: any id
}

/// Logits of the ids that may come out, after the penalty: each id of the history counts once.
std::vector<Candidate> penalised(std::span<const float> logits, double penalty,
                                 std::span<const std::int32_t> history) {
  std::vector<Candidate> candidates(logits.size());
  for (std::size_t i = 0; i < logits.size(); ++i) {
    candidates[i] = {static_cast<std::int32_t>(i), logits[i]};
  }
  if (penalty == 1) return candidates;
  std::vector<bool> seen(logits.size());
  for (std::int32_t id : history) {
    if (static_cast<std::size_t>(id) >= logits.size() || seen[id]) continue;
    seen[id] = true;
    double& logit = candidates[id].weight;
    logit = logit > 0 ? logit / penalty : logit * penalty;
  }
  return candidates;
}

double total_weight(std::span<const Candidate> candidates) {
  return std::accumulate(candidates.begin(), candidates.end(), 0.0,
                         [](double sum, const Candidate& c) { return sum + c.weight; });
}

/// The most likely candidates, most likely first, until `enough(kept)`. A heap, for few are wanted
/// of many.
template <typename Enough>
std::vector<Candidate> take_best(std::vector<Candidate> candidates, const Enough& enough) {
  std::make_heap(candidates.begin(), candidates.end(), less_likely);
  std::vector<Candidate> kept;
  while (!candidates.empty() && !enough(kept)) {
    std::pop_heap(candidates.begin(), candidates.end(), less_likely);
    kept.push_back(candidates.back());
    candidates.pop_back();
  }
  return kept;
}

std::vector<Candidate> keep_top_k(std::vector<Candidate> candidates, std::size_t k) {
  return take_best(std::move(candidates), [k](const auto& kept) { return kept.size() >= k; });
}

/// The fewest candidates whose share of the weight reaches p, at least one.
std::vector<Candidate> keep_top_p(std::vector<Candidate> candidates, double p) {
  const double wanted = p * total_weight(candidates);
  double sum = 0;
  return take_best(std::move(candidates), [&](const auto& kept) {
    if (!kept.empty()) sum += kept.back().weight;
    return !kept.empty() && sum >= wanted;
  });
}

/// The candidate, in ascending id, in whose share of the weight u falls.
std::int32_t draw(std::vector<Candidate>& candidates, double u) {
  std::sort(candidates.begin(), candidates.end(), lower_id);
  const double target = u * total_weight(candidates);
  double sum = 0;
  std::int32_t last = candidates.front().id;
  for (const Candidate& candidate : candidates) {
    sum += candidate.weight;
    if (candidate.weight > 0) last = candidate.id;
    if (target < sum) break;
  }
  return last;
}

}  // namespace

std::int32_t sample_token(std::span<const float> logits, std::int32_t vocab_size,
                          const Sampling& sampling, std::span<const std::int32_t> history,
                          std::uint64_t prompt_key, std::uint32_t step) {
  const auto allowed =
      logits.first(std::min(logits.size(), static_cast<std::size_t>(std::max(vocab_size, 0))));
  FLM_CHECK(!allowed.empty(), "no id may be generated: the vocabulary is empty");
  if (sampling.temperature == 0 && sampling.repetition_penalty == 1) return argmax(allowed);
  std::vector<Candidate> candidates = penalised(allowed, sampling.repetition_penalty, history);
  const Candidate best = *std::max_element(candidates.begin(), candidates.end(), less_likely);
  if (sampling.temperature == 0) return best.id;

  for (Candidate& candidate : candidates) {
    candidate.weight = exponential((candidate.weight - best.weight) / sampling.temperature);
  }
  if (sampling.top_k > 0) candidates = keep_top_k(std::move(candidates), sampling.top_k);
  if (sampling.top_p < 1) candidates = keep_top_p(std::move(candidates), sampling.top_p);
  return draw(candidates, uniform(sampling.seed, prompt_key, sampling.repeat, step));
}

std::int32_t sample_token(std::span<const float> logits, const SampleQuery& query) {
  return sample_token(logits, query.vocab_size, *query.sampling, query.history, query.prompt_key,
                      query.step);
}

}  // namespace flm
