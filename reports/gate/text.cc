#include <algorithm>
#include <string>

#include "reports/figures/display_width.h"
#include "reports/gate/views.h"

namespace flm {
namespace {

std::string padded(const std::string& text, std::size_t width) {
  const std::size_t own = display_width(text);
  return text + std::string(own < width ? width - own : 0, ' ');
}

std::string verdict_cell(const RuleResult& result) {
  const std::string verdict = name_of(result.verdict);
  return result.rule.level == RuleLevel::kAdvisory ? "(" + verdict + ")" : verdict;
}

}  // namespace

std::string gate_text(const GateResult& result, int columns) {
  std::string out =
      terminal_safe(result.policy + ": A " + result.run_a + ", B " + result.run_b) + "\n\n";
  std::size_t verdicts = 0, names = 0;
  bool advisory = false;
  for (const RuleResult& rule : result.rules) {
    verdicts = std::max(verdicts, display_width(verdict_cell(rule)));
    names = std::max(names, display_width(terminal_safe(rule.name())));
    advisory |= rule.rule.level == RuleLevel::kAdvisory;
  }
  for (const RuleResult& rule : result.rules) {
    const std::string name = terminal_safe(rule.name()), sentence = terminal_safe(rule.sentence);
    const std::string start = padded(verdict_cell(rule), verdicts) + "  ";
    const std::size_t wanted = verdicts + 2 + names + 2 + display_width(sentence);
    if (columns > 0 && wanted > static_cast<std::size_t>(columns))
      out += start + name + "\n    " + sentence + "\n";
    else
      out += start + padded(name, names) + "  " + sentence + "\n";
  }
  out += "\n" + result.headline + "\n";
  if (result.tests > 1 &&
      std::any_of(result.rules.begin(), result.rules.end(),
                  [](const RuleResult& r) { return r.p_adjusted && r.p && *r.p_adjusted != *r.p; }))
    out += "p: one-sided, Holm's over " + std::to_string(result.tests) + " tests\n";
  if (advisory) out += "(in brackets: advisory)\n";
  return out;
}

}  // namespace flm
