// What a policy can see, before anything is run: how many items its limits ask for, and which drops
// runs of a given size would let through.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reports/comparison.h"
#include "reports/gate/policy.h"

namespace flm {

/// If the runs differ on this share of items.
struct Sight {
  double discordant_share = 0;
  /// no-drop: the smallest true drop that fails in 8 of 10 runs. not-worse: the smallest max_worse
  /// that an unchanged model passes in 8 of 10. Null: the size is not known, or it is out of reach.
  std::optional<double> reach;
  std::optional<std::int64_t> items_needed;  // for the rule's own limit; null: it is 0, or
                                             // they are more than 10^15
};

struct ExplainedRule {
  Rule rule;
  std::string task, metric;
  std::optional<std::int64_t> n;
  std::string obstacle;   // why nothing can be said; "" = something can
  bool observed = false;  // the sight is that of these two runs
  std::vector<Sight> sights;
};

struct Explanation {
  std::string policy;
  double alpha = 0.05;
  std::int64_t tests = 0;  // that Holm shares alpha among; 1 without a family
  bool holm = true;
  bool assumed = false;  // no runs: every task is taken as one of right and wrong answers
  std::vector<ExplainedRule> rules;
};

/// Null: no runs, so that sizes are not known. A run against itself tells the sizes, and shares of
/// 5, 10 and 20 % are assumed; two runs that differ show their own.
Explanation explain(const Policy& policy, const Comparison* comparison);

std::string explanation_text(const Explanation& explanation);
std::string explanation_json(const Explanation& explanation);

}  // namespace flm
