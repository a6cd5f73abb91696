#include "reports/gate/decision.h"

namespace flm {

GateVerdict decide(const GateResult& result) {
  bool open = result.rules.empty();
  for (const RuleResult& rule : result.rules) {
    if (!result.stops(rule)) continue;
    if (rule.verdict == GateVerdict::kFail || result.inconclusive == Policy::Inconclusive::kFail)
      return GateVerdict::kFail;
    open = true;
  }
  return open ? GateVerdict::kInconclusive : GateVerdict::kPass;
}

std::string headline_of(const GateResult& result) {
  std::int64_t counts[4] = {0, 0, 0, 0}, advisory = 0;
  for (const RuleResult& rule : result.rules) {
    const bool blocking = rule.rule.level == RuleLevel::kBlocking;
    if (blocking) ++counts[static_cast<int>(rule.verdict)];
    if (!blocking && rule.verdict != GateVerdict::kPass) ++advisory;
  }
  const char* words[] = {"passed", "failed", "inconclusive", "missing"};
  std::string out = name_of(result.verdict) + ": ";
  bool first = true;
  for (int v : {1, 3, 2, 0}) {
    if (counts[v] == 0) continue;
    out += (first ? "" : ", ") + std::to_string(counts[v]) + " " + words[v];
    first = false;
  }
  if (first) out += "no blocking rule";
  if (advisory) out += "; " + std::to_string(advisory) + " advisory not passed";
  return out;
}

}  // namespace flm
