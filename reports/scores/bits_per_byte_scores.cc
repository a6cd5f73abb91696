#include "reports/scores/bits_per_byte_scores.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "reports/statistics/interval.h"

namespace flm {
namespace {

struct Pool {
  ItemValues items;
  std::vector<std::size_t> sizes;  // of the members in turn
};

Pool pool_of(const Members& members) {
  Pool out;
  for (const ScoredMetric* m : members) {
    out.items.insert(out.items.end(), m->items.begin(), m->items.end());
    out.sizes.push_back(m->items.size());
  }
  return out;
}

/// Sum of one column of the pool by the sum of the bytes. The members are fixed strata.
void set_ratio(Score& score, const Pool& pool, std::size_t over, double unit) {
  const Ratio ratio = stratified_ratio(column(pool.items, over), column(pool.items, 1), pool.sizes);
  score.value = ratio.value / unit;
  if (pool.items.size() <= pool.sizes.size()) return;  // one document each says nothing of an error
  score.stderr_value = ratio.stderr_value / unit;
  if (const auto interval = estimate_interval({ratio_part(ratio, pool.items.size())})) {
    score.low = interval->low / unit, score.high = interval->high / unit;
    score.interval = "ratio estimator, " + interval->name;
  }
}

/// Sum of all losses by the sum of all bytes.
Score micro_score(const std::string& filter, const Members& members, const std::string& missing) {
  Score score = blank_score("bpb_micro", filter, members);
  score.reason = missing;
  if (missing.empty()) set_ratio(score, pool_of(members), 0, std::numbers::ln2);
  if (score.value && !score.stderr_value) score.error_reason = error_reason(members);
  return score;
}

/// Weighted sum of the members' own values; the members are independent.
Score mixture_score(const MixtureRecord& mixture, const std::string& filter,
                    const std::string& metric, const LeafScores& leaves, const Members& members) {
  Score score = blank_score("bpb_" + mixture.name, filter, members);
  score.n = 0;
  double total = 0, value = 0, squares = 0;
  for (const auto& [name, weight] : mixture.weights) total += weight;
  bool known_errors = true;
  Members mixed;
  Shares shares;
  for (const auto& [name, weight] : mixture.weights) {
    const auto leaf = leaves.find(name);
    const ScoredMetric* m = leaf == leaves.end() ? nullptr : leaf->second.find(metric, filter);
    if (!m || !m->score.value || !leaf->second.complete) {
      score.reason = "the mixture wants " + name + ", which has no final score in this run";
      return score;
    }
    const double share = weight / total, error = m->score.stderr_value.value_or(0);
    shares.emplace_back(m, share);
    mixed.push_back(m);
    known_errors = known_errors && m->score.stderr_value;
    value += share * *m->score.value;
    squares += share * share * error * error;
    score.n += m->score.n;
  }
  score.value = value;
  if (known_errors) score.stderr_value = std::sqrt(squares);
  if (!known_errors) score.error_reason = error_reason(mixed);
  set_group_interval(score, shares);
  return score;
}

/// Tokens by bytes over documents {nll, bytes, tokens}.
Score token_rate(const std::string& filter, const Members& members) {
  Score score = blank_score("tokens_per_byte", filter, members);
  score.higher_is_better = false;
  const Pool pool = pool_of(members);
  const bool counted = std::all_of(pool.items.begin(), pool.items.end(),
                                   [](const auto& item) { return item.size() > 2; });
  if (pool.items.empty() || !counted) {
    score.reason = "the tokens are not recorded";
  } else {
    set_ratio(score, pool, 2, 1);
    if (!score.stderr_value) score.error_reason = error_reason(members);
  }
  return score;
}

}  // namespace

std::vector<Score> bits_per_byte_table(const GroupRecord& group, const LeafScores& leaves) {
  std::vector<Score> out;
  for (const auto& [metric, filter] : metrics_below(group, leaves, Whose::kTaskFiles)) {
    std::string missing;
    const Members members = members_of(group, leaves, metric, filter, Whose::kTaskFiles, missing);
    if (members.front()->metric.aggregation != "bpb") continue;
    out.push_back(group_score("bpb_macro", filter, members, false, missing));
    out.push_back(micro_score(filter, members, missing));
    for (const MixtureRecord& mixture : group.mixtures)
      out.push_back(mixture_score(mixture, filter, metric, leaves, members));
    out.push_back(token_rate(filter, members));
  }
  return out;
}

std::vector<Score> token_rates(const TaskScores& task) {
  std::vector<Score> out;
  for (const ScoredMetric& scored : task.metrics) {
    if (scored.metric.aggregation == "bpb" && scored.score.value)
      out.push_back(token_rate(scored.metric.filter, {&scored}));
  }
  return out;
}

}  // namespace flm
