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

bool Comparison::anything_compared() const {
  for (const Contrast& contrast : contrasts)
    for (const ComparisonRow& row : contrast.rows)
      if (!row.is_group &&
          (row.verdict == Comparability::kComparable || row.verdict == Comparability::kPartly))
        return true;
  return false;
}

}  // namespace flm
