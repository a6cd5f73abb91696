#include "reports/scores/group_scores.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/text/joined.h"
#include "reports/statistics/interval.h"

namespace flm {
namespace {

using Members = std::vector<const ScoredMetric*>;

/// Whose metrics count: those of the task files alone, or ours beside them too.
enum class Whose { kTaskFiles, kAll };

/// Metric and filter of the leaves, in the order they first come.
std::vector<std::pair<std::string, std::string>> metrics_below(const GroupRecord& group,
                                                               const LeafScores& leaves,
                                                               Whose whose) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const std::string& name : group.leaves) {
    const auto leaf = leaves.find(name);
    if (leaf == leaves.end()) continue;
    for (const ScoredMetric& scored : leaf->second.metrics) {
      if (whose == Whose::kTaskFiles && scored.metric.beside) continue;
      const std::pair key(scored.metric.metric, scored.metric.filter);
      if (std::find(out.begin(), out.end(), key) == out.end()) out.push_back(key);
    }
  }
  return out;
}

/// Members that have a metric; `missing` says which have it without a final value.
Members members_of(const GroupRecord& group, const LeafScores& leaves, const std::string& metric,
                   const std::string& filter, Whose whose, std::string& missing) {
  Members out;
  std::int64_t lacking = 0;
  std::string first, longest;
  for (const std::string& name : group.leaves) {
    const auto leaf = leaves.find(name);
    const ScoredMetric* scored = leaf == leaves.end() ? nullptr : leaf->second.find(metric, filter);
    if (scored && whose == Whose::kTaskFiles && scored->metric.beside) scored = nullptr;
    if (leaf == leaves.end() || (scored && (!scored->score.value || !leaf->second.complete))) {
      if (lacking++ == 0) first = name;
      if (leaf != leaves.end()) longest = longer_of(longest, leaf->second.longest);
    }
    if (scored) out.push_back(scored);
  }
  if (lacking > 0) {
    missing = std::to_string(lacking) + " of " + std::to_string(group.leaves.size()) +
              " tasks without a final score, " + first + " the first" +
              (longest.empty() ? "" : "; the longest prompt " + longest);
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

/// Why the figure of these has no error; "" where it has one, or the reason is another.
std::string error_reason(const Members& members) {
  const auto single = std::count_if(members.begin(), members.end(), [](const ScoredMetric* m) {
    return !m->score.stderr_value && m->items.size() == 1;
  });
  if (single == 0) return "";
  return "no error: a single item in " + std::to_string(single) + " of its " +
         std::to_string(members.size()) + (members.size() == 1 ? " task" : " tasks");
}

void set_interval(Score& score, const std::optional<NamedInterval>& interval) {
  if (!interval) return;
  score.low = interval->low;
  score.high = interval->high;
  score.interval = interval->name;
}

/// The members' shares of the group's figure; one that the group counts twice has both.
using Shares = std::vector<std::pair<const ScoredMetric*, double>>;

Shares shares_of(const Members& members, bool by_size) {
  double total = 0;
  Shares out;
  for (const ScoredMetric* m : members) {
    const double weight = by_size ? static_cast<double>(m->score.n) : 1;
    total += weight;
    const auto there =
        std::find_if(out.begin(), out.end(), [&](const auto& one) { return one.first == m; });
    if (there == out.end()) {
      out.emplace_back(m, weight);
    } else {
      there->second += weight;
    }
  }
  for (auto& [member, weight] : out) weight /= total;
  return out;
}

/// The tasks of a group are fixed and independent: their own items are what varies. A group of one
/// task has the task's interval.
void group_interval(Score& score, const Shares& shares) {
  if (shares.size() == 1) {
    const Score& only = shares[0].first->score;
    score.low = only.low, score.high = only.high, score.interval = only.interval;
    return;
  }
  std::vector<EstimatePart> parts;
  for (const auto& [m, share] : shares) {
    parts.push_back(aggregate_part(m->metric.aggregation, *m->score.value, m->items, m->clusters,
                                   m->score.stderr_value));
    parts.back().weight = share;
  }
  set_interval(score, estimate_interval(parts));
}

/// The members' answers that the limit cut, and the group's figure if all of them were wrong.
void add_cut(Score& score, const Shares& shares) {
  double items = 0, cut = 0, lowest = 0;
  bool known = true;
  for (const auto& [m, share] : shares) {
    const Score& member = m->score;
    items += static_cast<double>(member.n);
    cut += static_cast<double>(member.n) * member.cut.value_or(0);
    known = known && (!member.cut || member.if_cut_wrong);
    lowest += share * (member.if_cut_wrong ? *member.if_cut_wrong : *member.value);
  }
  if (cut == 0) return;
  score.cut = cut / items;
  if (known) score.if_cut_wrong = lowest;
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
  if (!score.stderr_value) score.error_reason = error_reason(members);
  const Shares shares = shares_of(members, by_size);
  group_interval(score, shares);
  add_cut(score, shares);
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
  if (pool.items.size() <= pool.sizes.size()) return;  // one document each says nothing of an error
  score.stderr_value = ratio.stderr_value / unit;
  if (const auto interval = estimate_interval({ratio_part(ratio, pool.items.size())})) {
    set_interval(score, NamedInterval{interval->low / unit, interval->high / unit,
                                      "ratio estimator, " + interval->name});
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
  group_interval(score, shares);
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
  for (const auto& [metric, filter] : metrics_below(group, leaves, Whose::kTaskFiles)) {
    std::string missing;
    const Members members = members_of(group, leaves, metric, filter, Whose::kTaskFiles, missing);
    if (members.front()->metric.aggregation != "bpb") continue;
    out.extra.push_back(group_score("bpb_macro", filter, members, false, missing));
    out.extra.push_back(micro_score(filter, members, missing));
    for (const MixtureRecord& mixture : group.mixtures)
      out.extra.push_back(mixture_score(mixture, filter, metric, leaves, members));
    out.extra.push_back(token_rate(filter, members));
  }
}

/// Our own figures over all leaves, beside what the group file asks for.
void add_beside(GroupScores& out, const GroupRecord& group, const LeafScores& leaves) {
  for (const auto& [metric, filter] : metrics_below(group, leaves, Whose::kAll)) {
    std::string missing;
    const Members members = members_of(group, leaves, metric, filter, Whose::kAll, missing);
    const bool ours = std::any_of(members.begin(), members.end(),
                                  [](const ScoredMetric* m) { return m->metric.beside; });
    const auto is_asked = [&name = metric, &of = filter](const Score& s) {
      return s.metric == name && s.filter == of;
    };
    const bool asked = std::any_of(out.scores.begin(), out.scores.end(), is_asked);
    if (!ours || asked) continue;
    out.extra.push_back(group_score(metric, filter, members, true, missing));
    out.extra.back().beside = true;
  }
}

bool wants_filter(const GroupMetricRecord& metric, const std::string& filter) {
  return metric.filters.empty() ||
         std::find(metric.filters.begin(), metric.filters.end(), filter) != metric.filters.end();
}

/// lm-evaluation-harness aggregates over the members that have the metric; so do we, and say so.
void note_leaves_without(GroupScores& out, const GroupRecord& group, const LeafScores& leaves,
                         const std::string& metric, const std::string& filter) {
  constexpr std::size_t kNamed = 5;
  std::vector<std::string> without;
  for (const std::string& name : group.leaves) {
    const auto leaf = leaves.find(name);
    const ScoredMetric* scored = leaf == leaves.end() ? nullptr : leaf->second.find(metric, filter);
    const bool has = scored && !scored->metric.beside;
    if (!has && std::find(without.begin(), without.end(), name) == without.end())
      without.push_back(name);
  }
  if (without.empty()) return;
  out.notes.push_back(
      group.name + ": " + metric + " (" + filter +
      ") is of the members that have it; without it: " + first_few(without, kNamed));
}

/// What the group asks for and no member has is N/A, not left out.
void add_unknown(GroupScores& out, const GroupMetricRecord& wanted) {
  const std::vector<std::string> filters =
      wanted.filters.empty() ? std::vector<std::string>{"none"} : wanted.filters;
  for (const std::string& filter : filters) {
    const bool there = std::any_of(out.scores.begin(), out.scores.end(), [&](const Score& s) {
      return s.metric == wanted.metric && (wanted.filters.empty() || s.filter == filter);
    });
    if (there) continue;
    Score score;
    score.metric = wanted.metric;
    score.filter = filter;
    score.reason = "no member has this metric under this filter";
    out.scores.push_back(std::move(score));
  }
}

/// Of the group's accuracy, which weighs the tasks' chances as it weighs their accuracies; unknown
/// where that of one of them is.
ChoiceCounts group_choices(const GroupRecord& group, const LeafScores& leaves) {
  const auto accuracy =
      std::find_if(group.metrics.begin(), group.metrics.end(),
                   [](const GroupMetricRecord& metric) { return metric.metric == "acc"; });
  if (accuracy == group.metrics.end()) return {};
  ChoiceCounts out;
  double sum = 0, weights = 0;
  for (const std::string& name : group.leaves) {
    const auto leaf = leaves.find(name);
    if (leaf == leaves.end()) return {};
    if (leaf->second.n == 0) continue;  // none of its items was scored
    const auto& metrics = leaf->second.metrics;
    if (std::none_of(metrics.begin(), metrics.end(), [](const ScoredMetric& scored) {
          return scored.metric.metric == "acc" && !scored.metric.beside;
        }))
      continue;
    const ChoiceCounts& choices = leaf->second.choices;
    if (!choices.chance) return {};
    const double weight = accuracy->weight_by_size ? static_cast<double>(leaf->second.n) : 1;
    sum += weight * *choices.chance;
    out.fewest = weights == 0 ? choices.fewest : std::min(out.fewest, choices.fewest);
    out.most = std::max(out.most, choices.most);
    weights += weight;
  }
  if (weights > 0) out.chance = sum / weights;
  return out;
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
  for (const auto& [metric, filter] : metrics_below(group, leaves, Whose::kTaskFiles)) {
    for (const GroupMetricRecord& wanted : group.metrics) {
      if (wanted.metric != metric || !wants_filter(wanted, filter)) continue;
      std::string missing;
      const Members members = members_of(group, leaves, metric, filter, Whose::kTaskFiles, missing);
      out.scores.push_back(group_score(metric, filter, members, wanted.weight_by_size, missing));
      note_leaves_without(out, group, leaves, metric, filter);
    }
  }
  for (const GroupMetricRecord& wanted : group.metrics) add_unknown(out, wanted);
  out.choices = group_choices(group, leaves);
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
