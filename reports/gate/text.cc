#include <algorithm>
#include <string>

#include "reports/figures/display_width.h"
#include "reports/figures/wrapped_text.h"
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
  std::string out;
  for (const std::string& warning : result.warnings)
    out += wrapped(terminal_safe(warning), columns, 2);
  out += terminal_safe(result.policy + ": " + result.judged()) + "\n\n";
  std::size_t verdicts = 0, names = 0;
  bool advisory = false;
  for (const RuleResult& rule : result.rules) {
    verdicts = std::max(verdicts, display_width(verdict_cell(rule)));
    names = std::max(names, display_width(terminal_safe(rule.name())));
    advisory |= rule.rule.level == RuleLevel::kAdvisory;
  }
  std::size_t widest = 0;
  for (const RuleResult& rule : result.rules)
    widest = std::max(widest, display_width(terminal_safe(rule.sentence)));
  const bool below =
      columns > 0 && verdicts + names + widest + 4 > static_cast<std::size_t>(columns);
  for (const RuleResult& rule : result.rules) {
    const std::string name = terminal_safe(rule.name());
    out += padded(verdict_cell(rule), verdicts) + "  ";
    out += below ? name + "\n    " : padded(name, names) + "  ";
    out += terminal_safe(rule.sentence) + "\n";
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
