#include "reports/comparison.h"

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
