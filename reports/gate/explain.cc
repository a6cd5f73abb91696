#include "reports/gate/explain.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "reports/gate/evidence.h"
#include "reports/gate/sight.h"
#include "reports/statistics/differences/power.h"

namespace flm {
namespace {

constexpr double kAssumedShares[] = {0.05, 0.10, 0.20};

/// What such a rule asks of items whose differences spread so.
Sight sight_of(const Rule& rule, const TestPlan& plan, double share, double spread) {
  Sight out{share, std::nullopt, std::nullopt};
  constexpr std::int64_t least = 2;  // one item has no error
  if (rule.max_worse > 0)
    if (const auto items = items_needed_real(rule.max_worse, spread, plan))
      out.items_needed = std::max(least, *items);
  return out;
}

/// Of right and wrong answers that differ on that share of the items.
Sight sight_of_share(const Rule& rule, const TestPlan& plan, double share,
                     std::optional<std::int64_t> n) {
  Sight out = sight_of(rule, plan, share, std::sqrt(share));
  if (!n || *n < 1) return out;
  const double items = static_cast<double>(*n);
  TestedError error{std::sqrt(share / items)};
  error.flips = Flips{*n, std::llround(share * items)};
  out.reach = reach_of(rule, plan, error);
  if (out.reach > share) out.reach.reset();
  return out;
}

/// Of the differences of `n` items.
Sight sight_of_error(const Rule& rule, const TestPlan& plan, const TestedError& error, double n) {
  const double spread = error.stderr_value * std::sqrt(n);
  Sight out = sight_of(rule, plan, 0, spread);
  if (out.items_needed && std::isfinite(error.df))
    out.items_needed = items_needed_t(rule.max_worse, spread, (error.df + 1) / n, plan);
  out.reach = reach_of(rule, plan, error);
  return out;
}

void add_sights(const Explanation& all, const MetricComparison* metric, ExplainedRule& out) {
  const TestPlan plan = plan_of(out.rule, all.alpha, all.tests);
  const bool binary = !metric || (metric->only_a && metric->only_b);
  const std::int64_t flips = metric && binary ? *metric->only_a + *metric->only_b : 0;
  const double n = out.n ? static_cast<double>(*out.n) : 0;
  out.observed = metric && (binary ? flips > 0 : metric->stderr_value.value_or(0) > 0);
  if (out.observed && binary) {
    const double share = static_cast<double>(flips) / n;
    out.sights = {sight_of_share(out.rule, plan, share, out.n)};
  } else if (out.observed) {
    out.sights = {sight_of_error(out.rule, plan, *error_of(*metric), n)};
  } else if (binary) {
    for (double share : kAssumedShares)
      out.sights.push_back(sight_of_share(out.rule, plan, share, out.n));
  } else {
    out.obstacle = "real values: two runs that differ would show their spread";
  }
}

ExplainedRule explained(const Explanation& all, const Evidence& evidence) {
  ExplainedRule out;
  out.rule = evidence.result.rule;
  out.task = evidence.result.task;
  out.metric = evidence.result.metric;
  if (evidence.result.n > 0) out.n = evidence.result.n;
  if (out.rule.kind == RuleKind::kLimit) {
    out.obstacle = "compares a value with its bounds; no test";
  } else if (evidence.result.verdict == GateVerdict::kMissing) {
    out.obstacle = "MISSING: " + evidence.result.sentence;
  } else if (!evidence.metric) {
    out.observed = evidence.spread.stderr_value > 0;
    if (out.observed)
      out.sights = {sight_of_error(out.rule, plan_of(out.rule, all.alpha, all.tests),
                                   evidence.spread, static_cast<double>(*out.n))};
    if (!out.observed) out.obstacle = "a suite: two runs that differ would show its spread";
  } else {
    add_sights(all, evidence.metric, out);
  }
  return out;
}

/// Without runs: a rule as the policy has it.
Evidence assumed(const Rule& rule) {
  Evidence out;
  out.result.rule = rule;
  out.result.task = rule.task;
  for (const std::string& name : rule.suite)
    out.result.task += (out.result.task.empty() ? "suite " : "+") + name;
  out.result.metric = rule.metric;
  out.result.filter = rule.filter;
  out.result.verdict = GateVerdict::kPass;
  return out;
}

}  // namespace

Explanation explain(const Policy& policy, const Comparison* comparison) {
  Explanation out;
  check_rules_of_runs(policy);
  out.policy = policy.origin;
  out.alpha = policy.alpha;
  out.holm = policy.holm;
  out.assumed = !comparison || comparison->contrasts.empty();
  std::vector<Evidence> all;
  const bool runs = !out.assumed;
  for (const Rule& rule : policy.rules) {
    if (!runs) {
      all.push_back(assumed(rule));
      continue;
    }
    for (Evidence& one : evidence_of(policy, rule, comparison->contrasts[0]))
      all.push_back(std::move(one));
  }
  std::set<Hypothesis> tested;
  for (const Evidence& one : all)
    if (const auto hypothesis = blocking_hypothesis(one)) tested.insert(*hypothesis);
  out.tests = std::ssize(tested);
  if (!out.holm) out.tests = std::min<std::int64_t>(out.tests, 1);
  for (const Evidence& one : all) {
    if (runs || one.result.rule.kind == RuleKind::kLimit) {
      out.rules.push_back(explained(out, one));
      continue;
    }
    ExplainedRule rule{
        one.result.rule, one.result.task, one.result.metric, std::nullopt, "", false, {}};
    add_sights(out, nullptr, rule);
    out.rules.push_back(std::move(rule));
  }
  return out;
}

}  // namespace flm
