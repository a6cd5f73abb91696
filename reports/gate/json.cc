#include "base/documents/json.h"

#include <nlohmann/json.hpp>

#include "base/text/utf8.h"
#include "reports/figures/display_width.h"
#include "reports/gate/views.h"

namespace flm {
namespace {

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

/// Names come from files: what is not UTF-8 cannot stand in JSON.
std::string readable(const std::string& text) {
  return utf8_valid(text) ? text : terminal_safe(text);
}

Json json_of(const RuleResult& result) {
  Json out;
  out["task"] = readable(result.task);
  out["metric"] = readable(result.metric);
  out["filter"] = readable(result.filter);
  out["rule"] = name_of(result.rule.kind);
  out["level"] = name_of(result.rule.level);
  out["line"] = result.rule.line;
  out["verdict"] = name_of(result.verdict);
  out["why"] = readable(result.sentence);
  out["n"] = result.n;
  out["a"] = or_null(result.a);
  out["b"] = or_null(result.b);
  out["difference"] = or_null(result.difference);
  out["worse"] = or_null(result.worse);
  if (result.rule.kind == RuleKind::kLimit) {
    out["min"] = or_null(result.rule.min);
    out["max"] = or_null(result.rule.max);
    out["certain"] = result.rule.certain;
  } else {
    out["max_worse"] = result.rule.max_worse;
  }
  if (result.rule.kind == RuleKind::kNoRise) out["over"] = result.rule.over;
  out["p"] = or_null(result.p);
  out["p_adjusted"] = or_null(result.p_adjusted);
  out["most_worse"] = or_null(result.most_worse);
  out["detectable"] = or_null(result.detectable);
  out["items_needed"] = or_null(result.items_needed);
  return out;
}

}  // namespace

std::string gate_json(const GateResult& result) {
  Json out;
  out["policy"] = readable(result.policy);
  if (!result.series.empty()) out["series"] = readable(result.series);
  out["a"] = readable(result.run_a);
  out["b"] = readable(result.run_b);
  out["verdict"] = name_of(result.verdict);
  out["exit_code"] = result.exit_code();
  out["headline"] = readable(result.headline);
  out["warnings"] = Json::array();
  for (const std::string& warning : result.warnings) out["warnings"].push_back(readable(warning));
  out["tests"] = result.tests;
  out["rules"] = Json::array();
  for (const RuleResult& rule : result.rules) out["rules"].push_back(json_of(rule));
  return compact_json(out) + "\n";
}

}  // namespace flm
