#include "reports/html/compare/compare_scores.h"

#include <algorithm>

#include "base/text/joined.h"
#include "reports/figures/compared_figures.h"
#include "reports/figures/figures.h"
#include "reports/figures/row_text.h"
#include "reports/html/compare/forest_scales.h"
#include "reports/html/elements.h"
#include "reports/html/escape.h"
#include "reports/html/svg.h"

namespace flm {
namespace {

const char* tone_of(Outcome outcome) {
  if (outcome == Outcome::kBetter) return "outcome better";
  return outcome == Outcome::kWorse ? "outcome worse" : "outcome";
}

/// The outcome, and below it why there is no figure or no test.
std::string outcome_cell(const ComparedFigures& figures) {
  const MetricComparison& metric = *figures.metric;
  const std::string why =
      metric.reason.empty() ? "" : " " + element("span", html_escaped(metric.reason), "remark");
  const std::string mark = figures.mark.empty() ? "" : figures.mark + " ";
  return element("td", mark + figures.verdict + why, tone_of(metric.outcome));
}

Mark drawn_mark(Outcome outcome) {
  if (outcome == Outcome::kBetter) return Mark::kBetter;
  return outcome == Outcome::kWorse ? Mark::kWorse : Mark::kDot;
}

class ForestTable {
 public:
  ForestTable(const Comparison& comparison, const Contrast& contrast, bool linked)
      : a_(comparison.runs.at(0).letter),
        b_(comparison.runs.at(contrast.other).letter),
        suffix_(sample_suffix(comparison, contrast)),
        linked_(linked) {}

  std::string table(const ForestLines& lines, const std::string& p_name) const {
    if (lines.empty()) return "";
    int outermost = lines.front().first->depth;
    for (const auto& [row, metric] : lines) outermost = std::min(outermost, row->depth);
    const Columns columns = columns_of(p_name);
    std::string bodies;
    for (const ForestGroup& group : forest_groups(lines)) bodies += body(columns, group, outermost);
    return card_table(columns, bodies);
  }

 private:
  Columns columns_of(const std::string& p_name) const {
    return {{"task"},
            {b_ + " is"},
            {b_ + " − " + a_, true},
            {"95% interval", true},
            {""},
            {a_ + " → " + b_, true},
            {"lost / won", true},
            {p_name, true},
            {"n", true},
            {"would have seen"}};
  }

  /// The lines of one unit with their axis below them.
  std::string body(const Columns& columns, const ForestGroup& group, int outermost) const {
    std::string out;
    bool drawn = false;
    for (const auto& [row, metric] : group.lines) {
      out += card_row(columns, cells(*row, *metric, row->depth - outermost, group.scale),
                      row->is_group ? "group" : "");
      drawn = drawn || metric->difference;
    }
    if (drawn)
      out += element("tr",
                     "<td colspan=\"4\"></td>" + element("td", axis_svg(group.scale)) +
                         "<td colspan=\"5\">" + html_escaped(axis_text(group, b_)) + "</td>",
                     "scale") +
             "\n";
    return element("tbody", "\n" + out);
  }

  std::vector<std::string> cells(const ComparisonRow& row, const MetricComparison& metric,
                                 int depth, const Scale& scale) const {
    const ComparedFigures figures = figures_of(metric);
    const std::string name =
        row.is_group ? breakable(row_name(row))
                     : sample_link(group_name(row), row_name(row), linked_ && !row.pairs.empty());
    const std::string label = metric_label(metric.metric, metric.filter, metric.higher_is_better);
    return {name_cell(name + " " + element("span", breakable(label), "measure"), depth),
            outcome_cell(figures),
            number_cell(figures.difference),
            number_cell(figures.interval),
            element("td", bar(row, figures, scale)),
            number_cell(figures.a + " → " + figures.b),
            number_cell(figures.flips),
            number_cell(figures.p),
            number_cell(figures.n),
            element("td", html_escaped(figures.detectable), "seen")};
  }

  /// As the list of samples names it.
  std::string group_name(const ComparisonRow& row) const { return row.name + suffix_; }

  std::string bar(const ComparisonRow& row, const ComparedFigures& figures,
                  const Scale& scale) const {
    const MetricComparison& metric = *figures.metric;
    if (!metric.difference) return "";
    const std::string interval =
        figures.interval.empty() ? "" : ", 95% interval " + figures.interval;
    const std::string title = row_name(row) + ", " + metric.metric + ": " + b_ + " − " + a_ +
                              " = " + figures.difference + interval + ", " + figures.verdict;
    return interval_svg(scale, {metric.difference, metric.low, metric.high, 0.0,
                                drawn_mark(metric.outcome), title});
  }

  std::string a_, b_, suffix_;
  bool linked_;
};

/// Rows of the contrast that have a compared metric and lie below another such.
std::vector<const ComparisonRow*> inner_rows(const Contrast& contrast) {
  const std::vector<const ComparisonRow*> outer = judged_rows(contrast);
  std::vector<const ComparisonRow*> out;
  for (const ComparisonRow& row : contrast.rows)
    if (judged(row) && std::find(outer.begin(), outer.end(), &row) == outer.end())
      out.push_back(&row);
  return out;
}

std::string folded(const std::string& title, const std::string& html) {
  if (html.empty()) return "";
  return element("details", element("summary", html_escaped(title)) + "\n" + html) + "\n";
}

std::string items_text(std::int64_t items) {
  return grouped(items) + (items == 1 ? " item" : " items");
}

/// With the letters of this page, which may be those of another pair than A and B.
std::string verdict_of(const ComparisonRow& row, const std::string& a, const std::string& b) {
  if (row.verdict == Comparability::kOnlyInA) return "only in " + a;
  if (row.verdict == Comparability::kOnlyInB) return "only in " + b;
  return name_of(row.verdict);
}

std::string reason_of(const ComparisonRow& row, const std::string& a, const std::string& b) {
  if (row.first_difference) return row.first_difference->name;
  if (row.verdict == Comparability::kPartly)
    return items_text(row.items_in_common) + " in common; " + grouped(row.only_in[0]) +
           " only in " + a + ", " + grouped(row.only_in[1]) + " only in " + b;
  return row.notes.empty() ? "" : row.notes.front();
}

std::string matrix(const Comparison& comparison, const ManyRuns& many) {
  std::string head = "<th></th>";
  for (std::size_t run = 1; run < comparison.runs.size(); ++run)
    head += element("th", html_escaped(comparison.runs[run].letter), "number");
  std::string lines;
  for (std::size_t a = 0; a + 1 < comparison.runs.size(); ++a) {
    std::vector<std::string> cells(comparison.runs.size());
    for (const ManyRuns::Cell& cell : many.cells) {
      if (cell.a != a) continue;
      cells.at(cell.b) = pair_text(cell, pair_decimals(comparison, many));
    }
    std::string line = name_cell(html_escaped(comparison.runs[a].letter), 0);
    for (std::size_t b = 1; b < cells.size(); ++b) line += number_cell(cells[b]);
    lines += element("tr", line) + "\n";
  }
  return element("div",
                 "<table class=\"narrow\">" + element("thead", element("tr", head)) +
                     element("tbody", "\n" + lines) + "</table>",
                 "wide") +
         "\n";
}

/// A row of three and more runs: every two of them, and Cochran's Q.
std::string pair_section(const Comparison& comparison, const ManyRuns& many) {
  std::string told = items_text(many.n) + " that all runs have in common";
  if (many.q && many.p)
    told += "; Cochran's Q " + fixed(*many.q, 2) + " with " + std::to_string(many.df) +
            " degrees of freedom, p " + p_text(*many.p);
  return element("h3", html_escaped(row_name(many) + ", " + many.metric)) +
         element("p", html_escaped(told + ". Column less row; p is Holm's."), "hint") + "\n" +
         matrix(comparison, many);
}

}  // namespace

std::string sample_suffix(const Comparison& comparison, const Contrast& contrast) {
  if (&contrast == &comparison.contrasts.front()) return "";
  return " " + comparison.runs.at(0).letter + comparison.runs.at(contrast.other).letter;
}

const MetricComparison* judged(const ComparisonRow& row) {
  for (const MetricComparison& metric : row.metrics)
    if (metric.main && was_compared(row, metric)) return &metric;
  return nullptr;
}

std::vector<const ComparisonRow*> judged_rows(const Contrast& contrast) {
  std::vector<const ComparisonRow*> out;
  for (const ComparisonRow& row : contrast.rows) {
    const bool inside = !out.empty() && row.depth > out.back()->depth &&
                        std::none_of(out.back(), &row, [&](const ComparisonRow& between) {
                          return &between != out.back() && between.depth <= out.back()->depth;
                        });
    if (!inside && judged(row)) out.push_back(&row);
  }
  return out;
}

std::string contrast_verdict(const Comparison& comparison, const Contrast& contrast) {
  std::vector<std::string> better, worse, open, untested;
  for (const ComparisonRow* row : judged_rows(contrast)) {
    const MetricComparison& metric = *judged(*row);
    const std::string name = html_escaped(row_name(*row));
    const ComparedFigures figures = figures_of(metric);
    const std::string change = name + " <b>" + html_escaped(figures.difference) + "</b>";
    if (metric.outcome == Outcome::kBetter) better.push_back(change);
    if (metric.outcome == Outcome::kWorse) worse.push_back(change);
    if (metric.outcome == Outcome::kNotTested) untested.push_back(name);
    if (metric.outcome == Outcome::kNoDifference)
      open.push_back(name + (metric.detectable.value_or(0) > 0
                                 ? " (would have seen " + html_escaped(figures.detectable) + ")"
                                 : " (cannot tell what would have been seen)"));
  }
  const std::string b = html_escaped(comparison.runs.at(contrast.other).letter);
  if (better.empty() && worse.empty() && open.empty() && untested.empty())
    return element("p",
                   b + ": nothing could be compared with " +
                       html_escaped(comparison.runs.at(0).letter) + ".",
                   "verdict") +
           "\n";
  const auto names = [](const std::vector<std::string>& list) {
    return list.empty() ? std::string("none") : enumerated(list);
  };
  std::string out = b + " is <span class=\"better\">▲ better</span> on " + names(better) +
                    ", <span class=\"worse\">▼ worse</span> on " + names(worse) + ".";
  if (!open.empty()) out += " No difference seen: " + enumerated(open) + ".";
  if (!untested.empty()) out += " Not tested: " + enumerated(untested) + ".";
  return element("p", out, "verdict") + "\n";
}

std::string forest_tables(const Comparison& comparison, const Contrast& contrast, bool linked) {
  const ForestTable forest(comparison, contrast, linked);
  ForestLines outer, inner, further;
  for (const ComparisonRow* row : judged_rows(contrast)) outer.push_back({row, judged(*row)});
  for (const ComparisonRow* row : inner_rows(contrast)) inner.push_back({row, judged(*row)});
  for (const ComparisonRow& row : contrast.rows)
    for (const MetricComparison& metric : row.metrics)
      if (!metric.main && was_compared(row, metric)) further.push_back({&row, &metric});
  std::string out = forest.table(outer, "p (Holm)");
  if (out.empty()) return "";
  out += folded("Within groups: " + std::to_string(inner.size()) +
                    (inner.size() == 1 ? " row" : " rows") + ", p by Benjamini and Hochberg",
                forest.table(inner, "p (BH)"));
  return out +
         folded("Further metrics: " + std::to_string(further.size()), forest.table(further, "p"));
}

std::string not_compared_table(const Comparison& comparison, const Contrast& contrast) {
  const std::string& a = comparison.runs.at(0).letter;
  const std::string& b = comparison.runs.at(contrast.other).letter;
  const Columns columns = {{"task"}, {"verdict"}, {"first difference"}, {a}, {b}};
  std::string lines;
  for (const ComparisonRow& row : contrast.rows) {
    if (row.is_group || row.verdict == Comparability::kComparable) continue;
    const auto& difference = row.first_difference;
    const auto value = [&](std::string ProtocolDifference::*side) {
      return element("td", difference ? element("code", html_escaped((*difference).*side)) : "");
    };
    lines += card_row(columns, {name_cell(breakable(row_name(row)), 0),
                                element("td", html_escaped(verdict_of(row, a, b)), "outcome"),
                                element("td", html_escaped(reason_of(row, a, b))),
                                value(&ProtocolDifference::a), value(&ProtocolDifference::b)});
  }
  return lines.empty() ? "" : card_table(columns, element("tbody", "\n" + lines));
}

std::string pair_matrices(const Comparison& comparison) {
  const std::vector<const ComparisonRow*> outer = judged_rows(comparison.contrasts.at(0));
  std::string open, inner;
  std::size_t below = 0;
  for (const ManyRuns& many : comparison.many) {
    const bool outermost = std::any_of(outer.begin(), outer.end(), [&](const ComparisonRow* row) {
      return row->name == many.name;
    });
    (outermost ? open : inner) += pair_section(comparison, many);
    below += !outermost;
  }
  return open +
         folded("Within groups: " + std::to_string(below) + (below == 1 ? " row" : " rows"), inner);
}

}  // namespace flm
