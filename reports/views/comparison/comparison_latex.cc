#include "reports/views/comparison/comparison_latex.h"

#include "reports/views/comparison/comparison_columns.h"
#include "reports/views/comparison/comparison_remarks.h"
#include "reports/views/comparison/comparison_table.h"
#include "reports/views/latex_text.h"

namespace flm {
namespace {

/// A remark cannot end its comment.
std::string comment(const std::string& text) { return "% " + text + "\n"; }

std::string runs(const Comparison& comparison) {
  std::string out;
  for (const auto& cells : run_columns(comparison).lines) {
    std::string line;
    for (const std::string& cell : cells)
      if (!cell.empty()) line += (line.empty() ? "" : "  ") + cell;
    out += comment(line);
  }
  return out;
}

std::string tabular(const TextTable& table) {
  std::vector<std::string> names;
  std::vector<bool> numeric;
  for (const TextColumn& column : table.columns) {
    names.push_back(column.name);
    numeric.push_back(column.numeric);
  }
  std::string out = latex_head(names, numeric);
  for (const auto& cells : table.lines) out += latex_row(cells);
  return out + latex_end();
}

}  // namespace

std::string render_comparison_latex(const Comparison& comparison, const ComparisonView& view) {
  const ComparedTable table = make_compared_table(comparison, view.all);
  const ComparisonRemarks remarks = make_remarks(comparison, table);
  const std::size_t count = comparison.contrasts.size();
  std::string out = comment("packages: booktabs, amssymb; names in Chinese: ctex or xeCJK");
  for (const std::string& warning : comparison.warnings) out += comment(warning);
  out += runs(comparison);
  out += comment(remarks.scope);
  if (count > 1) out += tabular(difference_columns(comparison, table, 0, count));
  for (std::size_t c = 0; c < count; ++c) {
    out += comment(remarks.verdicts.at(c));
    out += tabular(contrast_columns(comparison, table, c, view.raw, VerdictWords::kFull));
  }
  for (const auto* lines :
       {&remarks.partly, &remarks.not_compared, &remarks.not_tested, &remarks.many, &remarks.notes})
    for (const std::string& text : *lines) out += comment(text);
  if (!remarks.detectable.empty()) out += comment(std::string(kDetectsColumn) + ": " + kDetects);
  for (const std::string& text : {remarks.tests, remarks.folded})
    if (!text.empty()) out += comment(text);
  return out;
}

}  // namespace flm
