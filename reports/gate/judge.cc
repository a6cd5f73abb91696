#include "reports/gate/judge.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/errors.h"
#include "reports/gate/decision.h"
#include "reports/gate/evidence.h"
#include "reports/gate/sight.h"
#include "reports/gate/verdict.h"
#include "reports/statistics/differences/multiplicity.h"

namespace flm {
namespace {

/// Holm's over what the blocking rules test for a drop, each figure once; advisory ones are taken
/// as they are.
std::int64_t adjust(std::vector<Evidence>& all, bool by_holm) {
  std::map<Hypothesis, std::size_t> places;
  PValues family;
  for (const Evidence& one : all) {
    const auto tested = blocking_hypothesis(one);
    if (tested && places.emplace(*tested, family.size()).second) family.push_back(one.result.p);
  }
  const PValues adjusted = holm(family);
  for (Evidence& one : all) {
    const auto tested = blocking_hypothesis(one);
    one.result.p_adjusted = by_holm && tested ? adjusted[places.at(*tested)] : one.result.p;
  }
  return std::ssize(family);
}

/// What each test would have seen, by the error of its own difference; of right and wrong answers
/// no more than the share of items that differ.
void look(std::vector<Evidence>& all, double alpha, std::int64_t tests) {
  for (Evidence& one : all) {
    RuleResult& result = one.result;
    result.detectable.reset();
    const MetricComparison* metric = one.metric;
    const std::optional<TestedError> error = metric ? error_of(*metric) : std::optional(one.spread);
    if (!result.p || !error || !(error->stderr_value > 0)) continue;
    const std::optional<double> reach =
        reach_of(result.rule, plan_of(result.rule, alpha, tests), *error);
    const bool binary = metric && metric->only_a && metric->only_b;
    const double most = binary ? static_cast<double>(*metric->only_a + *metric->only_b) /
                                     static_cast<double>(metric->n)
                               : INFINITY;
    if (reach && *reach <= most) result.detectable = reach;
  }
}

/// Of built-in samples only where a rule judges some; a limit is of all tasks.
std::vector<std::string> warnings_that_hold(const GateResult& result,
                                            const Comparison& comparison) {
  const bool builtin = std::any_of(result.rules.begin(), result.rules.end(),
                                   [](const RuleResult& rule) { return rule.builtin_sample; });
  std::vector<std::string> out;
  for (const std::string& warning : comparison.warnings)
    if (builtin || warning.starts_with("LIMITED")) out.push_back(warning);
  return out;
}

}  // namespace

void check_rules_of_runs(const Policy& policy) {
  for (const Rule& rule : policy.rules)
    if (rule.kind == RuleKind::kNoRise)
      throw UserError(policy.origin + ":" + std::to_string(rule.line) +
                      ": two runs are no series; judge one with gate --series NAME, or take "
                      "another rule: " +
                      name_of(rule.kind));
}

std::string name_of(GateVerdict verdict) {
  switch (verdict) {
    case GateVerdict::kPass:
      return "PASS";
    case GateVerdict::kFail:
      return "FAIL";
    case GateVerdict::kInconclusive:
      return "INCONCLUSIVE";
    case GateVerdict::kMissing:
      return "MISSING";
  }
  return "";
}

std::string RuleResult::name() const {
  std::string out = task;
  if (!metric.empty()) out += " " + metric;
  if (!filter.empty() && filter != "none") out += " " + filter;
  return out + " " + name_of(rule.kind);
}

std::string GateResult::judged() const {
  return series.empty() ? "A " + run_a + ", B " + run_b : "series " + series;
}

int GateResult::exit_code() const {
  return verdict == GateVerdict::kPass ? 0 : verdict == GateVerdict::kFail ? 1 : 3;
}

bool GateResult::stops(const RuleResult& result) const {
  if (result.rule.level != RuleLevel::kBlocking || result.verdict == GateVerdict::kPass)
    return false;
  return result.verdict != GateVerdict::kInconclusive ||
         inconclusive != Policy::Inconclusive::kPass;
}

GateResult judge(const Policy& policy, const Comparison& comparison) {
  GateResult out;
  out.policy = policy.origin;
  out.inconclusive = policy.inconclusive;
  const Contrast none;
  const Contrast& contrast = comparison.contrasts.empty() ? none : comparison.contrasts[0];
  if (!comparison.runs.empty()) out.run_a = comparison.runs[0].name;
  if (comparison.runs.size() > contrast.other) out.run_b = comparison.runs[contrast.other].name;

  std::vector<Evidence> all;
  check_rules_of_runs(policy);
  for (const Rule& rule : policy.rules)
    for (Evidence& one : evidence_of(policy, rule, contrast)) all.push_back(std::move(one));
  out.tests = adjust(all, policy.holm);
  look(all, policy.alpha, policy.holm ? out.tests : 1);
  for (const Evidence& one : all) {
    RuleResult result = one.result;
    if (result.verdict != GateVerdict::kMissing) give_verdict(one, policy.alpha, result);
    out.rules.push_back(std::move(result));
  }
  out.warnings = warnings_that_hold(out, comparison);
  out.verdict = decide(out);
  out.headline = headline_of(out);
  return out;
}

}  // namespace flm
