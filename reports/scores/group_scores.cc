#include "reports/scores/group_scores.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "reports/statistics/interval.h"

namespace flm {
namespace {

using Members = std::vector<const ScoredMetric*>;

/// Metric and filter of the leaves, in the order they first come.
std::vector<std::pair<std::string, std::string>> metrics_below(const GroupRecord& group,
                                                               const LeafScores& leaves) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const std::string& name : group.leaves) {
    const auto leaf = leaves.find(name);
    if (leaf == leaves.end()) continue;
    for (const ScoredMetric& scored : leaf->second.metrics) {
      const std::pair key(scored.metric.metric, scored.metric.filter);
      if (std::find(out.begin(), out.end(), key) == out.end()) out.push_back(key);
    }
  }
  return out;
}

/// Members that have a metric; `missing` says which have it without a final value.
Members members_of(const GroupRecord& group, const LeafScores& leaves, const std::string& metric,
                   const std::string& filter, std::string& missing) {
  Members out;
  std::int64_t lacking = 0;
  std::string first;
  for (const std::string& name : group.leaves) {
    const auto leaf = leaves.find(name);
    const ScoredMetric* scored = leaf == leaves.end() ? nullptr : leaf->second.find(metric, filter);
    if (leaf == leaves.end() || (scored && (!scored->score.value || !leaf->second.complete))) {
      if (lacking++ == 0) first = name;
    }
    if (scored) out.push_back(scored);
  }
  if (lacking > 0) {
    missing = std::to_string(lacking) + " of " + std::to_string(group.leaves.size()) +
              " members have no final score, " + first + " the first";
  }
  return out;
}

double weighted_mean(const Members& members, bool by_size) {
  double total = 0, weights = 0;
  for (const ScoredMetric* m : members) {
    const double weight = by_size ? static_cast<double>(m->score.n) : 1;
    total += *m->score.value * weight;
    weights += weight;
  }
  return total / weights;
}

/// By size: sqrt(sum((n-1) se^2 n) / (sum n - k) / sum n); else sqrt(sum se^2) / k.
std::optional<double> group_stderr(const Members& members, bool by_size) {
  double squares = 0, sizes = 0;
  const double k = static_cast<double>(members.size());
  for (const ScoredMetric* m : members) {
    if (!m->score.stderr_value) return std::nullopt;
    const double se = *m->score.stderr_value, n = static_cast<double>(m->score.n);
    squares += by_size ? (n - 1) * se * se * n : se * se;
    sizes += n;
  }
  return by_size ? std::sqrt(squares / (sizes - k) / sizes) : std::sqrt(squares) / k;
}

void set_interval(Score& score, double half, std::string name) {
  score.low = *score.value - half;
  score.high = *score.value + half;
  score.interval = std::move(name);
}

/// Clustered over the pooled items where they have clusters and are weighted alike.
std::optional<ClusteredError> pooled_clusters(const Members& members) {
  std::vector<double> values;
  std::vector<std::string> clusters;
  for (const ScoredMetric* m : members) {
    if (m->metric.aggregation != "mean") return std::nullopt;
    const std::vector<double> own = column(m->items, 0);
    values.insert(values.end(), own.begin(), own.end());
    clusters.insert(clusters.end(), m->clusters.begin(), m->clusters.end());
  }
  return clustered_error(values, clusters);
}

void group_interval(Score& score, const Members& members, bool by_size) {
  if (by_size) {
    if (const auto clustered = pooled_clusters(members)) {
      const auto df = clustered->clusters - 1;
      return set_interval(score, student_t95(static_cast<double>(df)) * clustered->stderr_value,
                          "clustered, t with " + std::to_string(df) + " df");
    }
  }
  if (score.stderr_value) set_interval(score, kNormal95 * *score.stderr_value, "normal");
}

Score blank_score(const std::string& metric, const std::string& filter, const Members& members) {
  Score score;
  score.metric = metric;
  score.filter = filter;
  score.higher_is_better = members.front()->metric.higher_is_better;
  for (const ScoredMetric* m : members) score.n += m->score.n;
  return score;
}

Score group_score(const std::string& metric, const std::string& filter, const Members& members,
                  bool by_size, const std::string& missing) {
  Score score = blank_score(metric, filter, members);
  score.reason = missing;
  if (!missing.empty()) return score;
  score.value = weighted_mean(members, by_size);
  score.stderr_value = group_stderr(members, by_size);
  group_interval(score, members, by_size);
  return score;
}

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
  const auto df =
      static_cast<std::int64_t>(pool.items.size()) - static_cast<std::int64_t>(pool.sizes.size());
  if (df < 1) return;
  score.stderr_value = ratio.stderr_value / unit;
  set_interval(score, student_t95(static_cast<double>(df)) * *score.stderr_value,
               "ratio estimator, t with " + std::to_string(df) + " df");
}

/// Sum of all losses by the sum of all bytes.
Score micro_score(const std::string& filter, const Members& members, const std::string& missing) {
  Score score = blank_score("bpb_micro", filter, members);
  score.reason = missing;
  if (missing.empty()) set_ratio(score, pool_of(members), 0, std::numbers::ln2);
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
  for (const auto& [name, weight] : mixture.weights) {
    const auto leaf = leaves.find(name);
    const ScoredMetric* m = leaf == leaves.end() ? nullptr : leaf->second.find(metric, filter);
    if (!m || !m->score.value || !leaf->second.complete) {
      score.reason = "the mixture wants " + name + ", which has no final score in this run";
      return score;
    }
    const double share = weight / total, error = m->score.stderr_value.value_or(0);
    known_errors = known_errors && m->score.stderr_value;
    value += share * *m->score.value;
    squares += share * share * error * error;
    score.n += m->score.n;
  }
  score.value = value;
  if (!known_errors) return score;
  score.stderr_value = std::sqrt(squares);
  set_interval(score, kNormal95 * *score.stderr_value, "normal");
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
  }
  return score;
}

void add_bpb_table(GroupScores& out, const GroupRecord& group, const LeafScores& leaves) {
  for (const auto& [metric, filter] : metrics_below(group, leaves)) {
    std::string missing;
    const Members members = members_of(group, leaves, metric, filter, missing);
    if (members.front()->metric.aggregation != "bpb") continue;
    out.extra.push_back(group_score("bpb_macro", filter, members, false, missing));
    out.extra.push_back(micro_score(filter, members, missing));
    for (const MixtureRecord& mixture : group.mixtures)
      out.extra.push_back(mixture_score(mixture, filter, metric, leaves, members));
    out.extra.push_back(token_rate(filter, members));
  }
}

/// Our own figures of the leaves, each document counted once.
void add_beside(GroupScores& out, const GroupRecord& group, const LeafScores& leaves) {
  for (const auto& [metric, filter] : metrics_below(group, leaves)) {
    std::string missing;
    const Members members = members_of(group, leaves, metric, filter, missing);
    if (!members.front()->metric.beside) continue;
    out.extra.push_back(group_score(metric, filter, members, true, missing));
    out.extra.back().beside = true;
  }
}

bool wants_filter(const GroupMetricRecord& metric, const std::string& filter) {
  return metric.filters.empty() ||
         std::find(metric.filters.begin(), metric.filters.end(), filter) != metric.filters.end();
}

}  // namespace

GroupScores score_group(const GroupRecord& group, const LeafScores& leaves) {
  GroupScores out;
  for (const std::string& name : group.leaves) {
    const auto leaf = leaves.find(name);
    if (leaf == leaves.end()) continue;
    out.n += leaf->second.n;
    out.flagged += leaf->second.flagged;
    out.failed += leaf->second.failed;
    out.complete = out.complete && leaf->second.complete;
  }
  for (const auto& [metric, filter] : metrics_below(group, leaves)) {
    for (const GroupMetricRecord& wanted : group.metrics) {
      if (wanted.metric != metric || !wants_filter(wanted, filter)) continue;
      std::string missing;
      const Members members = members_of(group, leaves, metric, filter, missing);
      out.scores.push_back(group_score(metric, filter, members, wanted.weight_by_size, missing));
    }
  }
  add_bpb_table(out, group, leaves);
  if (!group.metrics.empty()) add_beside(out, group, leaves);
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
