#include "reports/gate/obstacles.h"

#include <algorithm>
#include <vector>

#include "reports/figures/figures.h"

namespace flm {
namespace {

std::string why_not_comparable(Comparability verdict,
                               const std::optional<ProtocolDifference>& first) {
  if (verdict == Comparability::kOnlyInA) return "B lacks it";
  if (verdict == Comparability::kOnlyInB) return "A lacks it";
  if (!first) return "not comparable";
  std::string out = "not comparable: " + first->name + " differs";
  if (!first->a.empty() || !first->b.empty()) out += ": A " + first->a + ", B " + first->b;
  return out;
}

bool can_be_compared(Comparability verdict) {
  return verdict == Comparability::kComparable || verdict == Comparability::kPartly;
}

/// The row itself, or the tasks below a group.
std::vector<const ComparisonRow*> tasks_of(const ComparisonRow& row, const Contrast& contrast) {
  if (!row.is_group) return {&row};
  std::vector<const ComparisonRow*> out;
  const auto begin = std::find_if(contrast.rows.begin(), contrast.rows.end(),
                                  [&](const ComparisonRow& one) { return &one == &row; });
  if (begin == contrast.rows.end()) return out;
  for (auto task = begin + 1; task != contrast.rows.end() && task->depth > row.depth; ++task)
    if (!task->is_group) out.push_back(&*task);
  return out;
}

/// "acc" of "acc_micro", the pooled figure of a group that shows a mean.
std::string without_micro(const std::string& metric) {
  const std::string end = "_micro";
  return metric.ends_with(end) ? metric.substr(0, metric.size() - end.size()) : metric;
}

}  // namespace

std::string row_obstacle(const Policy& policy, const ComparisonRow& row) {
  if (!can_be_compared(row.verdict)) return why_not_comparable(row.verdict, row.first_difference);
  const std::int64_t most = row.items_in_common + std::max(row.only_in[0], row.only_in[1]);
  const double share =
      most > 0 ? static_cast<double>(row.items_in_common) / static_cast<double>(most) : 1;
  if (share < policy.common)
    return "too few items in common: " + std::to_string(row.items_in_common) + " of " +
           std::to_string(most) + ", the policy's common is " + fixed(policy.common, 3);
  for (std::size_t run : {0u, 1u}) {
    const std::string letter = run == 0 ? "A" : "B";
    if (policy.errors && !row.failed) return "the record does not say how many items failed";
    if (policy.errors && (*row.failed)[run] > *policy.errors)
      return "failed items of " + letter + ": " + std::to_string((*row.failed)[run]) +
             ", the policy allows " + std::to_string(*policy.errors);
    if (policy.flagged && !row.flagged)
      return "the record does not say how many items were flagged";
    const double items = static_cast<double>(row.items_in_common + row.only_in[run]);
    if (policy.flagged && static_cast<double>((*row.flagged)[run]) > *policy.flagged * items)
      return "flagged items of " + letter + ": " + std::to_string((*row.flagged)[run]) + " of " +
             std::to_string(row.items_in_common + row.only_in[run]) +
             ", the policy allows a share of " + fixed(*policy.flagged, 3);
  }
  return "";
}

std::string metric_obstacle(const Rule& rule, const MetricComparison& metric) {
  if (!can_be_compared(metric.verdict))
    return why_not_comparable(metric.verdict, metric.first_difference);
  const bool has_figures =
      rule.kind == RuleKind::kLimit ? metric.b.has_value() : metric.difference && metric.p;
  if (has_figures) return "";
  return metric.reason.empty() ? "there is no value to judge" : metric.reason;
}

std::string group_obstacle(const ComparisonRow& row, const Contrast& contrast) {
  if (!row.is_group) return "";
  for (const ComparisonRow* task : tasks_of(row, contrast))
    if (!can_be_compared(task->verdict))
      return task->name + ": " + why_not_comparable(task->verdict, task->first_difference);
  return "";
}

std::string part_obstacle(const Rule& rule, const ComparisonRow& row,
                          const MetricComparison& metric, const Contrast& contrast) {
  const bool by_default = rule.metric.empty() && rule.filter.empty();
  for (const ComparisonRow* task : tasks_of(row, contrast)) {
    const std::string who = task == &row ? "" : task->name + ": ";
    if (!can_be_compared(task->verdict))
      return who + why_not_comparable(task->verdict, task->first_difference);
    bool found = task == &row;
    std::string reason;
    for (const MetricComparison& one : task->metrics) {
      if (by_default && one.first && !can_be_compared(one.verdict))
        return who + one.metric + " is " + why_not_comparable(one.verdict, one.first_difference);
      if (one.filter != metric.filter || !one.metric.starts_with(without_micro(metric.metric)))
        continue;
      found = found || one.difference;
      if (!one.difference && !one.reason.empty()) reason = ", " + one.reason;
    }
    if (!found) return who + "has no " + metric.metric + " to judge" + reason;
  }
  return "";
}

}  // namespace flm
