// What a comparison holds for a rule: the rows that it names, their figures, or why there are none.
#pragma once

#include <array>
#include <optional>
#include <string>
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

/// What is tested: "B is worse", by this figure. Rules that ask it of one figure share one test.
using Hypothesis = std::array<std::string, 3>;  // task, metric, filter

/// Null where the rule is advisory or there is nothing to test.
std::optional<Hypothesis> blocking_hypothesis(const Evidence& evidence);

/// One for each task and group that the rule names, however many groups a task stands in; one that
/// is missing where it names none.
std::vector<Evidence> evidence_of(const Policy& policy, const Rule& rule, const Contrast& contrast);

}  // namespace flm
