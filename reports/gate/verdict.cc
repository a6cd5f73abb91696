#include "reports/gate/verdict.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "reports/figures/figures.h"
#include "reports/gate/within.h"
#include "reports/statistics/differences/non_inferiority.h"
#include "reports/statistics/distributions.h"

namespace flm {
namespace {

/// Digits that leave the limit two significant ones.
int decimals_for(double limit) {
  Score scale;
  scale.stderr_value = limit > 0 ? limit : 0.001;
  return decimals_of(scale);
}

/// Digits that tell the change from its limit.
int decimals_of_change(const RuleResult& result) {
  const double limit = result.rule.max_worse;
  int decimals = telling_decimals(*result.worse, limit, decimals_for(limit));
  if (result.most_worse) decimals = telling_decimals(*result.most_worse, limit, decimals);
  return decimals;
}

/// "0.467 to 0.441, worse by 0.026 (limit 0.010)"
std::string change_text(const RuleResult& result) {
  const int decimals = decimals_of_change(result);
  std::string out;
  if (result.a && result.b)
    out = fixed(*result.a, decimals) + " to " + fixed(*result.b, decimals) + ", ";
  const double worse = *result.worse;
  if (worse == 0) return out + "no change";
  out += (worse > 0 ? "worse by " : "better by ") + fixed(std::fabs(worse), decimals);
  return worse > 0 ? out + " (limit " + fixed(result.rule.max_worse, decimals) + ")" : out;
}

/// What such runs would have seen, and what the rule asks for where they would not.
std::string could_miss_text(const RuleResult& result, bool blind) {
  const std::optional<double>& see = result.rule.see;
  if (!result.detectable)
    return "what such runs could miss is not known" +
           (blind ? ", the rule asks for " + fixed(*see, decimals_for(*see)) : "");
  int decimals = decimals_for(result.rule.max_worse);
  if (see) decimals = telling_decimals(*result.detectable, *see, decimals);
  return "would see " + fixed(*result.detectable, decimals) + " in 8 of 10 such runs" +
         (blind ? ", the rule asks for " + fixed(*see, std::max(decimals, decimals_for(*see)))
                : "");
}

bool fails(const RuleResult& result, double alpha) {
  return beyond(*result.worse, result.rule.max_worse) && *result.p_adjusted < alpha;
}

/// Where no item differs, nothing was missed.
bool nothing_differs(const Evidence& evidence) {
  const std::optional<double> error =
      evidence.metric ? evidence.metric->stderr_value : std::optional(evidence.spread.stderr_value);
  return *evidence.result.worse == 0 && error == 0.0;
}

void judge_no_drop(const Evidence& evidence, RuleResult& result, double alpha) {
  const std::string figures = change_text(result) + ", " + p_against(*result.p_adjusted, alpha);
  if (fails(result, alpha)) {
    result.verdict = GateVerdict::kFail;
    result.sentence = figures;
    return;
  }
  const bool equal = nothing_differs(evidence);
  const bool sees = result.detectable && !beyond(*result.detectable, result.rule.see.value_or(0));
  const bool blind = result.rule.see && !equal && !sees;
  if (blind) result.verdict = GateVerdict::kInconclusive;
  result.sentence = figures + "; " + (equal ? "no item differs" : could_miss_text(result, blind));
}

/// The one-sided limit of "B worse by": Newcombe's for right and wrong answers, else Student's t.
std::optional<double> most_worse(const Evidence& evidence, double alpha) {
  const MetricComparison* metric = evidence.metric;
  if (metric && metric->only_a && metric->only_b && metric->a && metric->clusters == 0) {
    PairedCounts counts{0, *metric->only_a, *metric->only_b, 0};
    const double right = metric->higher_is_better ? *metric->a : 1 - *metric->a;
    counts.both = std::llround(right * static_cast<double>(metric->n)) - counts.only_a;
    counts.neither = metric->n - counts.n();
    return -lower_limit(counts, alpha);
  }
  // Equal answers to F1 and its kind have no error and no interval: they bound nothing.
  if (metric && !metric->low) return std::nullopt;
  const std::optional<double> error =
      metric ? metric->stderr_value : std::optional(evidence.spread.stderr_value);
  if (!error) return std::nullopt;
  const double df = metric ? metric->df.value_or(INFINITY) : evidence.spread.df;
  const double reach = std::isfinite(df) ? -student_t_quantile(alpha, df) : -normal_quantile(alpha);
  return *evidence.result.worse + reach * *error;
}

/// About how many items would prove it in 8 of 10 runs, if B is worse by what was seen.
std::optional<std::int64_t> items_that_decide(const RuleResult& result, double alpha) {
  const double room = result.rule.max_worse - *result.worse;
  const double reach = -normal_quantile(alpha), half = *result.most_worse - *result.worse;
  if (room <= 0 || half <= 0) return std::nullopt;
  const double wider = (reach + normal_quantile(0.8)) * (half / reach) / room;
  const double items = std::ceil(static_cast<double>(result.n) * wider * wider);
  return items < 1e15 ? std::optional(static_cast<std::int64_t>(items)) : std::nullopt;
}

void judge_not_worse(const Evidence& evidence, RuleResult& result, double alpha) {
  result.most_worse = most_worse(evidence, alpha);
  const int decimals = decimals_of_change(result);
  result.sentence = change_text(result);
  if (fails(result, alpha)) {
    result.verdict = GateVerdict::kFail;
    result.sentence += ", " + p_against(*result.p_adjusted, alpha);
  } else if (!result.most_worse) {
    result.verdict = GateVerdict::kMissing;
    result.sentence += "; the difference has no standard error";
  } else if (!beyond(*result.most_worse, result.rule.max_worse)) {
    const bool better = *result.most_worse < 0;
    result.sentence += (better ? "; better by at least " : "; worse by at most ") +
                       fixed(std::fabs(*result.most_worse), decimals);
  } else {
    result.verdict = GateVerdict::kInconclusive;
    result.items_needed = items_that_decide(result, alpha);
    result.sentence += "; may be worse by " + fixed(*result.most_worse, decimals);
    if (result.items_needed)
      result.sentence += ", about " + std::to_string(*result.items_needed) + " items would decide";
  }
}

std::string bounds_text(const Rule& rule, int decimals) {
  if (!rule.max) return "at least " + fixed(*rule.min, decimals);
  if (!rule.min) return "at most " + fixed(*rule.max, decimals);
  return fixed(*rule.min, decimals) + " to " + fixed(*rule.max, decimals);
}

void judge_limit(const Evidence& evidence, RuleResult& result) {
  const Rule& rule = result.rule;
  const MetricComparison& metric = *evidence.metric;
  if (rule.certain && !(metric.low_b && metric.high_b)) {
    result.verdict = GateVerdict::kMissing;
    result.sentence = "the value has no interval, so that nothing is certain of it";
    return;
  }
  const double low = rule.certain ? *metric.low_b : *metric.b;
  const double high = rule.certain ? *metric.high_b : *metric.b;
  const double least = rule.min.value_or(-INFINITY), most = rule.max.value_or(INFINITY);
  const bool inside = !beyond(least, low) && !beyond(high, most);
  if (!inside) result.verdict = GateVerdict::kFail;
  Score scale;
  scale.value = rule.min.value_or(rule.max.value_or(0));
  const int decimals =
      telling_decimals(high, most, telling_decimals(low, least, decimals_of(scale)));
  result.sentence = fixed(*metric.b, decimals);
  if (rule.certain)
    result.sentence += " (95%: " + fixed(low, decimals) + " to " + fixed(high, decimals) + ")";
  result.sentence += ", wanted " + bounds_text(rule, decimals);
}

}  // namespace

void give_verdict(const Evidence& evidence, double alpha, RuleResult& result) {
  switch (result.rule.kind) {
    case RuleKind::kNoDrop:
      return judge_no_drop(evidence, result, alpha);
    case RuleKind::kNotWorse:
      return judge_not_worse(evidence, result, alpha);
    case RuleKind::kLimit:
      return judge_limit(evidence, result);
    case RuleKind::kNoRise:
      break;
  }
  FLM_CHECK(false, "two runs are no series");
}

}  // namespace flm
