
#include "reports/figures/display_width.h"
#include "reports/figures/figures.h"
#include "reports/figures/markdown_text.h"
#include "reports/gate/views.h"

namespace flm {
namespace {

std::string cell(const std::string& text) {
  return " " + markdown_text(terminal_safe(text)) + " |";
}

/// Signs beside the words: colours alone do not reach everybody.
std::string marked(const RuleResult& result) {
  const char* signs[] = {"✓", "✗", "?", "∅"};
  const std::string verdict =
      std::string(signs[static_cast<int>(result.verdict)]) + " " + name_of(result.verdict);
  return result.rule.level == RuleLevel::kAdvisory ? verdict + " (advisory)" : verdict;
}

}  // namespace

std::string gate_markdown(const GateResult& result) {
  std::string out = "### " + markdown_text(terminal_safe(result.headline)) + "\n\n";
  for (const std::string& warning : result.warnings)
    out += "**" + markdown_text(terminal_safe(warning)) + "**\n\n";
  out += markdown_text(terminal_safe(result.policy + ": " + result.judged())) + "\n\n";
  out += "| Verdict | Rule | n | Why |\n| --- | --- | ---: | --- |\n";
  for (const RuleResult& rule : result.rules) {
    out += "|" + cell(marked(rule)) + cell(rule.name());
    out += cell(rule.n > 0 ? std::to_string(rule.n) : "") + cell(rule.sentence) + "\n";
  }
  return out;
}

}  // namespace flm
