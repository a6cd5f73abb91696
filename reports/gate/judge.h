// A policy over a comparison: what each rule says of B against A, and the decision.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reports/comparison.h"
#include "reports/gate/policy.h"

namespace flm {

/// Inconclusive: the items cannot tell. Missing: there is nothing to judge (no such task, not
/// comparable, too few items in common, no value); it never passes.
enum class GateVerdict { kPass, kFail, kInconclusive, kMissing };

/// "PASS", "FAIL", "INCONCLUSIVE", "MISSING".
std::string name_of(GateVerdict verdict);

/// One rule over one task, group or suite. "Worse" is above 0 where B is worse, whichever way the
/// metric points.
struct RuleResult {
  Rule rule;
  std::string task, metric, filter;  // what was judged; the rule's own words where nothing was
  GateVerdict verdict = GateVerdict::kMissing;
  std::string sentence;  // why, with the figures

  std::int64_t n = 0;
  std::optional<double> a, b, difference;    // B - A, as the metric counts
  std::optional<double> worse;               // B worse than A by so much
  std::optional<double> p, p_adjusted;       // one-sided, of "B is worse"; blocking rules: Holm's
  std::optional<double> most_worse;          // not-worse: one-sided 1 - alpha limit of `worse`
  std::optional<double> detectable;          // would be seen in 8 of 10 such runs
  std::optional<std::int64_t> items_needed;  // not-worse: about so many would decide it
  bool builtin_sample = false;               // over a small sample in place of a data set

  std::string name() const;  // "mmlu acc no-drop"
};

struct GateResult {
  std::string policy;  // its file
  std::string run_a, run_b;
  std::string series;  // in place of two runs
  Policy::Inconclusive inconclusive = Policy::Inconclusive::kReport;
  std::vector<std::string> warnings;            // what was judged are no results: built-in samples
  std::vector<RuleResult> rules;                // in the policy's order, tasks in the comparison's
  std::int64_t tests = 0;                       // of Holm's family
  GateVerdict verdict = GateVerdict::kMissing;  // kPass, kFail or kInconclusive
  std::string headline;                         // one sentence

  /// "A x, B y" or "series x": what was judged.
  std::string judged() const;
  /// 0 pass, 1 fail, 3 inconclusive or data missing.
  int exit_code() const;
  /// Whether a rule counts against the decision, as the policy takes inconclusive ones.
  bool stops(const RuleResult& result) const;
};

/// UserError where a rule is of a series (no-rise), which two runs are not.
void check_rules_of_runs(const Policy& policy);

/// Of the first contrast: B against the reference A. A pure function.
GateResult judge(const Policy& policy, const Comparison& comparison);

}  // namespace flm
