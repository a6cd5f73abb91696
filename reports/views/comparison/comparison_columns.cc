#include "reports/views/comparison/comparison_columns.h"

#include <algorithm>

#include "reports/figures/display_width.h"
#include "reports/figures/figures.h"

namespace flm {
namespace {

/// What is left out first where a terminal is narrow; the drop of TextColumn.
enum Drop {
  kDropMetric = 1,
  kDropDetects,
  kDropWord,
  kDropReference,
  kDropInterval,
  kDropFlips,
  kDropItems
};

/// A row's further metrics stand below its name.
std::string name_cell(const ComparedTable& table, std::size_t index, std::size_t contrast) {
  const ComparedLine& line = table.lines[index];
  const auto said = [&](const ComparedLine& l) {
    return l.row->name == line.row->name && l.figures[contrast].metric;
  };
  const auto end = table.lines.begin() + static_cast<std::ptrdiff_t>(index);
  const bool again = std::any_of(table.lines.begin(), end, said);
  const std::size_t depth = static_cast<std::size_t>(line.row->depth) + (again ? 1 : 0);
  return std::string(2 * depth, ' ') + (again ? line.metric : line.name);
}

std::string word_of(const ComparedFigures& figures, VerdictWords words) {
  const bool shortened = words == VerdictWords::kShort;
  if (shortened && figures.metric->outcome == Outcome::kNoDifference) return "no diff.";
  return figures.verdict;
}

/// A figure of the reference over all contrasts: "60", or "60-64" where they have other items in
/// common. Of the same value in several digits the shortest.
template <typename Value>
std::string range_of(const ComparedLine& line, Value MetricComparison::*value,
                     std::string ComparedFigures::*text) {
  const ComparedFigures *low = nullptr, *high = nullptr;
  for (const ComparedFigures& figures : line.figures) {
    if (!figures.metric) continue;
    const Value& own = figures.metric->*value;
    if (!low || own < low->metric->*value ||
        (own == low->metric->*value && (figures.*text).size() < (low->*text).size()))
      low = &figures;
    if (!high || own > high->metric->*value) high = &figures;
  }
  if (!low) return "";
  return low->metric->*value == high->metric->*value ? low->*text : low->*text + "-" + high->*text;
}

/// Columns without a text in any line: bits per byte have no flips.
void leave_out_empty(TextTable& table) {
  for (std::size_t c = table.columns.size(); c-- > 0;) {
    const auto empty = [c](const std::vector<std::string>& cells) { return cells[c].empty(); };
    if (table.lines.empty() || !std::all_of(table.lines.begin(), table.lines.end(), empty))
      continue;
    const auto at = static_cast<std::ptrdiff_t>(c);
    table.columns.erase(table.columns.begin() + at);
    for (std::vector<std::string>& cells : table.lines) cells.erase(cells.begin() + at);
  }
}

std::string difference_cell(const ComparedFigures& figures) {
  if (!figures.metric) return "–";
  return figures.difference + " " + (figures.mark.empty() ? " " : figures.mark);
}

}  // namespace

TextTable run_columns(const Comparison& comparison) {
  TextTable out;
  out.columns = {{"Run"},
                 {"Name"},
                 {"Model", false, 3},
                 {"Date", false, 4},
                 {"Weights", false, 2},
                 {"Numerics", false, 1}};
  for (const ComparedRun& run : comparison.runs)
    out.lines.push_back(
        {run.letter, terminal_safe(run.name), run.model == run.name ? "" : terminal_safe(run.model),
         terminal_safe(run.date), run.weights_hash.substr(0, 8), terminal_safe(run.numerics)});
  return out;
}

TextTable contrast_columns(const Comparison& comparison, const ComparedTable& table,
                           std::size_t contrast, bool raw, VerdictWords words) {
  const std::string& a = comparison.runs.at(0).letter;
  const std::string& b = comparison.runs.at(comparison.contrasts.at(contrast).other).letter;
  TextTable out;
  out.columns = {{"Task"},
                 {"Verdict", false, kDropWord},
                 {kMetricColumn, false, kDropMetric},
                 {"n", true, kDropItems},
                 {a, true, kDropReference},
                 {b, true},
                 {b + "-" + a, true},
                 {"95% interval", true, kDropInterval},
                 {"lost/won", true, kDropFlips},
                 {kDetectsColumn, true, kDropDetects}};
  if (raw) out.columns.push_back({"raw p", true});
  out.columns.push_back({"p", true});
  out.columns.push_back({""});
  for (std::size_t i = 0; i < table.lines.size(); ++i) {
    const ComparedFigures& f = table.lines[i].figures[contrast];
    if (!f.metric) continue;
    std::vector<std::string> cells = {name_cell(table, i, contrast),
                                      word_of(f, words),
                                      table.lines[i].metric,
                                      f.n,
                                      f.a,
                                      f.b,
                                      f.difference,
                                      f.interval,
                                      f.flips,
                                      f.detectable};
    if (raw) cells.push_back(f.raw_p);
    cells.push_back(f.p);
    cells.push_back(f.mark);
    out.lines.push_back(std::move(cells));
  }
  leave_out_empty(out);
  return out;
}

TextTable difference_columns(const Comparison& comparison, const ComparedTable& table,
                             std::size_t first, std::size_t end) {
  const std::string& a = comparison.runs.at(0).letter;
  TextTable out;
  out.columns = {{"Task"},
                 {kMetricColumn, false, kDropMetric},
                 {"n", true, kDropItems},
                 {a, true, kDropReference}};
  for (std::size_t c = first; c < end; ++c)
    out.columns.push_back(
        {comparison.runs.at(comparison.contrasts[c].other).letter + "-" + a + "  ", true});
  for (std::size_t i = 0; i < table.lines.size(); ++i) {
    const ComparedLine& line = table.lines[i];
    std::vector<std::string> cells = {name_cell(table, i, first), line.metric,
                                      range_of(line, &MetricComparison::n, &ComparedFigures::n),
                                      range_of(line, &MetricComparison::a, &ComparedFigures::a)};
    for (std::size_t c = first; c < end; ++c) cells.push_back(difference_cell(line.figures[c]));
    out.lines.push_back(std::move(cells));
  }
  return out;
}

TextTable pair_list(const Comparison& comparison, const ManyRuns& many) {
  TextTable out;
  out.columns = {{"Pair"}, {"difference", true}, {"p", true}, {""}};
  const int decimals = pair_decimals(comparison, many);
  for (const ManyRuns::Cell& cell : many.cells)
    out.lines.push_back(
        {comparison.runs.at(cell.b).letter + "-" + comparison.runs.at(cell.a).letter,
         pair_difference(cell, decimals), cell.p_adjusted ? p_text(*cell.p_adjusted) : "",
         mark_of(cell.outcome)});
  return out;
}

TextTable pair_matrix(const Comparison& comparison, const ManyRuns& many) {
  TextTable out;
  out.columns = {{""}};
  for (std::size_t run = 1; run < comparison.runs.size(); ++run)
    out.columns.push_back({comparison.runs[run].letter, true});
  const int decimals = pair_decimals(comparison, many);
  for (std::size_t row = 0; row + 1 < comparison.runs.size(); ++row) {
    std::vector<std::string> cells = {comparison.runs[row].letter};
    cells.resize(out.columns.size());
    for (const ManyRuns::Cell& cell : many.cells) {
      if (cell.a != row) continue;
      cells.at(cell.b) = pair_text(cell, decimals);
    }
    out.lines.push_back(std::move(cells));
  }
  return out;
}

}  // namespace flm
