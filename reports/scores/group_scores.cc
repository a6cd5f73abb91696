#include "reports/scores/group_scores.h"

#include <algorithm>

#include "base/text/joined.h"
#include "reports/scores/bits_per_byte_scores.h"

namespace flm {
namespace {

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
      return wanted.is_of(s.metric, s.filter);
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
      if (!wanted.is_of(metric, filter)) continue;
      std::string missing;
      const Members members = members_of(group, leaves, metric, filter, Whose::kTaskFiles, missing);
      out.scores.push_back(group_score(metric, filter, members, wanted.weight_by_size, missing));
      note_leaves_without(out, group, leaves, metric, filter);
    }
  }
  for (const GroupMetricRecord& wanted : group.metrics) add_unknown(out, wanted);
  out.choices = group_choices(group, leaves);
  out.extra = bits_per_byte_table(group, leaves);
  if (!group.metrics.empty()) add_beside(out, group, leaves);
  return out;
}

}  // namespace flm
