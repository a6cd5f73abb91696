#include "reports/comparison.h"

#include <algorithm>
#include <set>

namespace flm {

std::string name_of(Comparability verdict) {
  switch (verdict) {
    case Comparability::kComparable:
      return "comparable";
    case Comparability::kPartly:
      return "partly";
    case Comparability::kNotComparable:
      return "not comparable";
    case Comparability::kOnlyInA:
      return "only in a";
    case Comparability::kOnlyInB:
      return "only in b";
  }
  return "";
}

std::string name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kNotTested:
      return "not tested";
    case Outcome::kNoDifference:
      return "no difference seen";
    case Outcome::kBetter:
      return "better";
    case Outcome::kWorse:
      return "worse";
  }
  return "";
}

bool was_compared(const ComparisonRow& row, const MetricComparison& metric) {
  const auto compared = [](Comparability verdict) {
    return verdict == Comparability::kComparable || verdict == Comparability::kPartly;
  };
  return compared(row.verdict) && compared(metric.verdict);
}

ComparedScope scope_of(const Contrast& contrast) {
  ComparedScope out;
  std::set<std::string> seen;  // a task of two groups has two rows
  for (const ComparisonRow& row : contrast.rows) {
    if (row.inside || (row.is_group && !row.pooled) || !seen.insert(row.name).second) continue;
    ++out.tasks;
    out.partly += row.verdict == Comparability::kPartly;
    const bool any = std::any_of(row.metrics.begin(), row.metrics.end(),
                                 [&](const auto& metric) { return was_compared(row, metric); });
    out.compared += any;
    if (any) out.items += row.items_in_common;
  }
  return out;
}

void mark_inside(std::vector<ComparisonRow>& rows) {
  int pooled = -1;  // depth of the group that the row may be below
  for (ComparisonRow& row : rows) {
    if (pooled >= 0 && row.depth <= pooled) pooled = -1;
    row.inside = pooled >= 0;
    if (pooled < 0 && row.pooled) pooled = row.depth;
  }
}

bool Comparison::anything_compared() const {
  for (const Contrast& contrast : contrasts)
    for (const ComparisonRow& row : contrast.rows)
      for (const MetricComparison& metric : row.metrics)
        if (metric.difference) return true;
  return false;
}

}  // namespace flm
