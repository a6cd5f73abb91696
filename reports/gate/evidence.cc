#include "reports/gate/evidence.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/text/nearest_name.h"
#include "reports/gate/obstacles.h"
#include "reports/gate/suite.h"

namespace flm {
namespace {

Evidence missing(Evidence evidence, const std::string& why) {
  evidence.result.verdict = GateVerdict::kMissing;
  evidence.result.sentence = why;
  evidence.result.p.reset();  // it is no test, and no other's p is adjusted for it
  evidence.metric = nullptr;
  return evidence;
}

std::string did_you_mean(const std::string& name, const std::vector<std::string>& known) {
  const std::string near = nearest_name(name, known);
  return near.empty() ? "" : "; did you mean " + near + "?";
}

bool asked_for(const Rule& rule, const MetricComparison& metric) {
  if (rule.metric.empty() && rule.filter.empty()) return metric.main;
  return (rule.metric.empty() || fits_pattern(rule.metric, metric.metric)) &&
         (rule.filter.empty() || fits_pattern(rule.filter, metric.filter));
}

/// One-sided: half of the two-sided p where B is worse, else what is left of 1.
double worse_p(double two_sided, double worse) {
  return worse > 0 ? two_sided / 2 : 1 - two_sided / 2;
}

Evidence of_metric(Evidence evidence, const Rule& rule, const MetricComparison& metric) {
  RuleResult& result = evidence.result;
  result.metric = metric.metric;
  result.filter = metric.filter;
  result.n = metric.n;
  result.a = metric.a;
  result.b = metric.b;
  result.difference = metric.difference;
  if (const std::string why = metric_obstacle(rule, metric); !why.empty())
    return missing(std::move(evidence), why);
  if (metric.difference)
    result.worse = metric.higher_is_better ? -*metric.difference : *metric.difference;
  if (rule.kind != RuleKind::kLimit) result.p = worse_p(*metric.p, *result.worse);
  evidence.metric = &metric;
  return evidence;
}

/// The metric that the rule names, by the first that fits, with its filter.
std::vector<Evidence> of_row(const Policy& policy, const Rule& rule, const ComparisonRow& row,
                             const Contrast& contrast, Evidence blank) {
  blank.result.task = row.name;
  blank.result.builtin_sample = row.builtin_sample;
  if (const std::string why = row_obstacle(policy, row); !why.empty())
    return {missing(std::move(blank), why)};
  std::vector<Evidence> out;
  std::vector<std::string> known;
  for (const MetricComparison& metric : row.metrics) {
    known.push_back(metric.metric);
    if (!asked_for(rule, metric)) continue;
    out.push_back(of_metric(blank, rule, metric));
    const std::string why = part_obstacle(rule, row, metric, contrast);
    if (!why.empty()) out.back() = missing(std::move(out.back()), why);
  }
  if (!out.empty()) return out;
  if (const std::string why = group_obstacle(row, contrast); !why.empty())
    return {missing(std::move(blank), why)};
  const std::string wanted = rule.metric.empty()
                                 ? "main metric"
                                 : "metric " + rule.metric + did_you_mean(rule.metric, known);
  const std::string filter = rule.filter.empty() ? "" : " under the filter " + rule.filter;
  return {missing(std::move(blank), "has no such " + wanted + filter)};
}

Evidence of_suite(const Policy& policy, const Rule& rule, const Contrast& contrast,
                  Evidence blank) {
  std::vector<const MetricComparison*> metrics;
  std::vector<std::string> known;
  for (const ComparisonRow& row : contrast.rows) known.push_back(row.name);
  for (const std::string& name : suite_tasks(rule.suite, contrast)) {
    const auto row = std::find_if(contrast.rows.begin(), contrast.rows.end(),
                                  [&](const ComparisonRow& r) { return r.name == name; });
    if (row == contrast.rows.end())
      return missing(std::move(blank),
                     "no task " + name + " in either run" + did_you_mean(name, known));
    blank.result.builtin_sample = blank.result.builtin_sample || row->builtin_sample;
    const std::vector<Evidence> members = of_row(policy, rule, *row, contrast, {});
    if (members.size() != 1)
      return missing(std::move(blank), name + ": several metrics fit, name one");
    if (!members[0].metric)
      return missing(std::move(blank), name + ": " + members[0].result.sentence);
    metrics.push_back(members[0].metric);
  }
  const SuiteEvidence suite = suite_evidence(metrics);
  if (!suite.obstacle.empty()) return missing(std::move(blank), suite.obstacle);
  RuleResult& result = blank.result;
  result.metric = metrics[0]->metric;
  result.n = suite.items;
  result.a = suite.a;
  result.b = suite.b;
  result.difference = suite.difference;
  result.worse = metrics[0]->higher_is_better ? -suite.difference : suite.difference;
  result.p = worse_p(suite.p, *result.worse);
  blank.spread = {suite.stderr_value, suite.df, suite.least_p};
  return blank;
}

}  // namespace

std::optional<Hypothesis> blocking_hypothesis(const Evidence& evidence) {
  const RuleResult& result = evidence.result;
  if (result.rule.level != RuleLevel::kBlocking || result.rule.kind == RuleKind::kLimit ||
      result.verdict == GateVerdict::kMissing)
    return std::nullopt;
  return Hypothesis{result.task, result.metric, result.filter};
}

std::vector<Evidence> evidence_of(const Policy& policy, const Rule& rule,
                                  const Contrast& contrast) {
  Evidence blank;
  blank.result.rule = rule;
  blank.result.verdict = GateVerdict::kPass;
  blank.result.metric = rule.metric;
  blank.result.filter = rule.filter;
  if (!rule.suite.empty()) {
    for (const std::string& name : rule.suite)
      blank.result.task += (blank.result.task.empty() ? "suite " : "+") + name;
    return {of_suite(policy, rule, contrast, std::move(blank))};
  }
  std::vector<Evidence> out;
  std::vector<std::string> known;
  std::set<std::pair<std::string, bool>> met;  // a task stands below each of its groups
  for (const ComparisonRow& row : contrast.rows) {
    known.push_back(row.name);
    if (!fits_pattern(rule.task, row.name)) continue;
    if (!met.emplace(row.name, row.is_group).second) continue;
    for (Evidence& one : of_row(policy, rule, row, contrast, blank)) out.push_back(std::move(one));
  }
  if (!out.empty()) return out;
  blank.result.task = rule.task;
  return {missing(std::move(blank), "no such task in either run" + did_you_mean(rule.task, known))};
}

}  // namespace flm
