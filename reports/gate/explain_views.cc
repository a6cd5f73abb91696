#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "reports/figures/display_width.h"
#include "reports/figures/figures.h"
#include "reports/gate/explain.h"

namespace flm {
namespace {

int decimals_for(double figure) {
  Score scale;
  scale.stderr_value = figure;
  return decimals_of(scale);
}

std::string share_text(const Sight& sight) {
  if (sight.discordant_share <= 0) return "as these runs differ";
  return "if " + fixed(100 * sight.discordant_share, sight.discordant_share < 0.02 ? 1 : 0) +
         " % of the answers differ";
}

std::string sight_text(const ExplainedRule& rule, const Sight& sight) {
  std::string out = "  " + share_text(sight) +
                    (rule.observed && sight.discordant_share > 0 ? " (as in these runs): " : ": ");
  const bool no_drop = rule.rule.kind == RuleKind::kNoDrop;
  if (sight.reach)
    out += (no_drop ? "a drop of " : "proves a max_worse of ") +
           fixed(*sight.reach, decimals_for(*sight.reach)) +
           (no_drop ? " fails in 8 of 10 runs; " : " in 8 of 10 runs of an unchanged model; ");
  else if (rule.n)
    out += no_drop ? "no possible drop is seen in 8 of 10 runs; " : "proves nothing; ";
  return out + (sight.items_needed
                    ? "its limit asks for " + std::to_string(*sight.items_needed) + " items"
                : rule.rule.max_worse > 0 ? "its limit asks for more than 10^15 items"
                                          : "no number of items proves a limit of 0");
}

std::string heading(const ExplainedRule& rule) {
  std::string out =
      rule.task + (rule.metric.empty() ? "" : " " + rule.metric) + " " + name_of(rule.rule.kind);
  if (rule.rule.kind != RuleKind::kLimit)
    out += " " + fixed(rule.rule.max_worse,
                       decimals_for(rule.rule.max_worse > 0 ? rule.rule.max_worse : 0.1));
  if (rule.rule.level == RuleLevel::kAdvisory) out += ", advisory";
  if (rule.n) out += ", " + std::to_string(*rule.n) + " items";
  return out;
}

Json sight_json(const Sight& sight) {
  Json out;
  out["discordant_share"] = sight.discordant_share > 0 ? Json(sight.discordant_share) : Json();
  out["reach"] = sight.reach ? Json(*sight.reach) : Json();
  out["items_needed"] = sight.items_needed ? Json(*sight.items_needed) : Json();
  return out;
}

}  // namespace

std::string explanation_text(const Explanation& explanation) {
  std::string out = terminal_safe(explanation.policy) + ": ";
  out += explanation.holm && explanation.tests > 1
             ? "Holm over " + std::to_string(explanation.tests) +
                   " tests, the first of which wants p < " +
                   fixed(explanation.alpha / static_cast<double>(explanation.tests), 4) + "\n"
             : "each test wants p < " + fixed(explanation.alpha, 4) + "\n";
  if (explanation.assumed) out += "no runs: as if every task had right and wrong answers alone\n";
  for (const ExplainedRule& rule : explanation.rules) {
    out += "\n" + terminal_safe(heading(rule)) + "\n";
    if (!rule.obstacle.empty()) out += "  " + terminal_safe(rule.obstacle) + "\n";
    for (const Sight& sight : rule.sights) out += sight_text(rule, sight) + "\n";
  }
  return out;
}

std::string explanation_json(const Explanation& explanation) {
  Json out;
  out["policy"] = explanation.policy;
  out["alpha"] = explanation.alpha;
  out["tests"] = explanation.tests;
  out["assumed"] = explanation.assumed;
  out["rules"] = Json::array();
  for (const ExplainedRule& rule : explanation.rules) {
    Json one;
    one["task"] = rule.task;
    one["metric"] = rule.metric;
    one["rule"] = name_of(rule.rule.kind);
    one["level"] = name_of(rule.rule.level);
    one["max_worse"] = rule.rule.kind == RuleKind::kLimit ? Json() : Json(rule.rule.max_worse);
    one["n"] = rule.n ? Json(*rule.n) : Json();
    one["obstacle"] = rule.obstacle;
    one["observed"] = rule.observed;
    one["sights"] = Json::array();
    for (const Sight& sight : rule.sights) one["sights"].push_back(sight_json(sight));
    out["rules"].push_back(std::move(one));
  }
  return compact_json(out) + "\n";
}

}  // namespace flm
