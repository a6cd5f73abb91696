#include "reports/scores/group_members.h"

#include <algorithm>
#include <cmath>

#include "base/text/joined.h"
#include "reports/statistics/interval.h"

namespace flm {
namespace {

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

}  // namespace

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

Members members_of(const GroupRecord& group, const LeafScores& leaves, const std::string& metric,
                   const std::string& filter, Whose whose, std::string& missing) {
  Members out;
  std::int64_t lacking = 0;
  std::string first, longest, failure;
  for (const std::string& name : group.leaves) {
    const auto leaf = leaves.find(name);
    const ScoredMetric* scored = leaf == leaves.end() ? nullptr : leaf->second.find(metric, filter);
    if (scored && whose == Whose::kTaskFiles && scored->metric.beside) scored = nullptr;
    if (leaf == leaves.end() || (scored && (!scored->score.value || !leaf->second.complete))) {
      if (lacking++ == 0) first = name;
      if (leaf == leaves.end()) continue;
      longest = longer_of(longest, leaf->second.longest);
      if (failure.empty()) failure = leaf->second.failure;
    }
    if (scored) out.push_back(scored);
  }
  if (lacking > 0) {
    missing = std::to_string(lacking) + " of " + std::to_string(group.leaves.size()) +
              " tasks without a final score, " + first + " the first" +
              (longest.empty() ? "" : "; the longest prompt " + longest) +
              (failure.empty() ? "" : "; the first failure: " + failure);
  }
  return out;
}

std::string error_reason(const Members& members) {
  const auto single = std::count_if(members.begin(), members.end(), [](const ScoredMetric* m) {
    return !m->score.stderr_value && m->items.size() == 1;
  });
  const auto without = std::find_if(members.begin(), members.end(), [](const ScoredMetric* m) {
    return !m->score.error_reason.empty();
  });
  if (single == 0) return without == members.end() ? "" : (*without)->score.error_reason;
  return "no error: a single item in " + std::to_string(single) + " of its " +
         std::to_string(members.size()) + (members.size() == 1 ? " task" : " tasks");
}

void set_group_interval(Score& score, const Shares& shares) {
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
  const auto interval = estimate_interval(parts);
  if (!interval) return;
  score.low = interval->low, score.high = interval->high, score.interval = interval->name;
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
  set_group_interval(score, shares);
  add_cut(score, shares);
  return score;
}

}  // namespace flm
