#include <algorithm>
#include <string>
#include <vector>

#include "reports/figures/display_width.h"
#include "reports/gate/views.h"

namespace flm {
namespace {

/// GitHub reads %25, %0D and %0A back; in a property also %3A and %2C.
std::string escaped(const std::string& text, bool property) {
  std::string out;
  for (char c : terminal_safe(text)) {
    if (c == '%') {
      out += "%25";
    } else if (property && c == ':') {
      out += "%3A";
    } else if (property && c == ',') {
      out += "%2C";
    } else {
      out += c;
    }
  }
  return out;
}

struct Annotation {
  int rank = 0;  // worst first
  std::string text;
};

Annotation annotation_of(const GateResult& result, const RuleResult& rule) {
  const char* kinds[] = {"error", "warning", "notice"};
  int rank = rule.verdict == GateVerdict::kPass ? 2 : 1;
  const bool open = rule.verdict == GateVerdict::kInconclusive &&
                    result.inconclusive != Policy::Inconclusive::kFail;
  if (result.stops(rule) && !open) rank = 0;
  const std::string level = rule.rule.level == RuleLevel::kAdvisory ? "advisory, " : "";
  return {rank,
          std::string("::") + kinds[rank] + " file=" + escaped(result.policy, true) +
              ",line=" + std::to_string(rule.rule.line) + ",title=" + escaped(rule.name(), true) +
              "::" + escaped(level + name_of(rule.verdict) + ": " + rule.sentence, false) + "\n"};
}

}  // namespace

std::string gate_annotations(const GateResult& result) {
  std::vector<Annotation> all;
  for (const std::string& warning : result.warnings)
    all.push_back({1, "::warning file=" + escaped(result.policy, true) +
                          "::" + escaped(warning, false) + "\n"});
  for (const RuleResult& rule : result.rules) all.push_back(annotation_of(result, rule));
  std::stable_sort(all.begin(), all.end(),
                   [](const Annotation& x, const Annotation& y) { return x.rank < y.rank; });
  std::string out;
  for (const Annotation& one : all) out += one.text;
  return out;
}

}  // namespace flm
