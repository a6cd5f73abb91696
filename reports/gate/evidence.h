// What a comparison holds for a rule: the rows that it names, their figures, or why there are none.
#pragma once

#include <vector>

#include "reports/comparison.h"
#include "reports/gate/judge.h"
#include "reports/gate/policy.h"
#include "reports/gate/sight.h"

namespace flm {

/// A rule's result before its verdict: figures, and `verdict` kMissing with its sentence where
/// there is nothing to judge, else kPass.
struct Evidence {
  RuleResult result;
  const MetricComparison* metric = nullptr;  // null: a suite, or missing
  TestedError spread;                        // of a suite
};

/// One for each row that the rule names; one that is missing where it names none.
std::vector<Evidence> evidence_of(const Policy& policy, const Rule& rule, const Contrast& contrast);

}  // namespace flm
