#include "reports/gate/judge_series.h"

#include <cmath>
#include <map>

#include "base/errors.h"
#include "base/numbers/normal95.h"
#include "reports/figures/figures.h"
#include "reports/gate/decision.h"
#include "reports/gate/within.h"

namespace flm {
namespace {

bool is_meant(const Rule& rule, const SeriesChange& change) {
  return fits_pattern(rule.task, change.task) && (change.main || rule.metric == change.metric) &&
         (rule.metric.empty() || fits_pattern(rule.metric, change.metric)) &&
         (rule.filter.empty() || fits_pattern(rule.filter, change.filter));
}

int decimals_for(const SeriesChange& change) {
  Score score;
  score.value = change.last;
  score.stderr_value = change.change_stderr;
  return decimals_of(score);
}

/// "2.144 to 2.224, worse by 0.080 over 5 checkpoints; items 0.021, checkpoints 0.030"
std::string sentence_of(const SeriesChange& change, double worse, double items, double noise,
                        int over) {
  int decimals = decimals_for(change);
  for (const double held : {items, noise}) decimals = telling_decimals(worse, held, decimals);
  const auto band = [&](double value) {
    return std::isfinite(value) ? fixed(value, decimals) : std::string("not known");
  };
  return change.from + " " + fixed(*change.before, decimals) + " to " + change.to + " " +
         fixed(*change.last, decimals) + ", " +
         (worse == 0
              ? std::string("no change")
              : (worse > 0 ? "worse by " : "better by ") + fixed(std::fabs(worse), decimals)) +
         " over " + std::to_string(over) + (over == 1 ? " checkpoint" : " checkpoints") +
         "; bands: items " + band(items) + ", checkpoints " + band(noise);
}

void give_verdict(const SeriesChange& change, RuleResult& out) {
  if (!change.reason.empty() || !change.change) {
    out.sentence = change.reason;
    return;  // missing
  }
  const double worse = change.higher_is_better ? -*change.change : *change.change;
  const double items = change.change_stderr ? kNormal95 * *change.change_stderr : NAN;
  const double noise =
      change.checkpoint_noise ? kNormal95 * std::sqrt(2.0) * *change.checkpoint_noise : NAN;
  out.n = change.n;
  out.a = change.before;
  out.b = change.last;
  out.difference = change.change;
  out.worse = worse;
  out.sentence = sentence_of(change, worse, items, noise, out.rule.over);
  // A band that is not known holds nothing back, and proves nothing.
  if (!beyond(worse, out.rule.max_worse) || worse <= items || worse <= noise)
    out.verdict = GateVerdict::kPass;
  else
    out.verdict = std::isfinite(items) && std::isfinite(noise) ? GateVerdict::kFail
                                                               : GateVerdict::kInconclusive;
}

RuleResult missing(const Rule& rule) {
  RuleResult out;
  out.rule = rule;
  out.task = rule.task;
  out.metric = rule.metric;
  out.filter = rule.filter;
  out.sentence = "the series has no such figure";
  return out;
}

}  // namespace

GateResult judge_series(const Policy& policy, const std::string& series,
                        const ChangesOver& changes_over) {
  GateResult out;
  out.policy = policy.origin;
  out.inconclusive = policy.inconclusive;
  out.series = series;
  std::map<int, std::vector<SeriesChange>> changes;
  for (const Rule& rule : policy.rules) {
    if (rule.kind != RuleKind::kNoRise)
      throw UserError(policy.origin + ":" + std::to_string(rule.line) +
                      ": a series is judged by rules no-rise; give two runs for a rule " +
                      name_of(rule.kind));
    if (!changes.contains(rule.over)) changes[rule.over] = changes_over(rule.over);
    bool any = false;
    for (const SeriesChange& change : changes[rule.over]) {
      if (!is_meant(rule, change)) continue;
      any = true;
      RuleResult result;
      result.rule = rule;
      result.task = change.task;
      result.metric = change.metric;
      result.filter = change.filter;
      give_verdict(change, result);
      out.rules.push_back(std::move(result));
    }
    if (!any) out.rules.push_back(missing(rule));
  }
  out.verdict = decide(out);
  out.headline = headline_of(out);
  return out;
}

}  // namespace flm
