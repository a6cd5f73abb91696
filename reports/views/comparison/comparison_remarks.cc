#include "reports/views/comparison/comparison_remarks.h"

#include <algorithm>
#include <utility>

#include "base/text/joined.h"
#include "reports/figures/display_width.h"
#include "reports/figures/figures.h"
#include "reports/figures/shares.h"

namespace flm {
namespace {

constexpr std::size_t kNamed = 6;  // names in a sentence; the table has them all

std::string listed(const std::vector<std::string>& names) {
  if (names.empty()) return "none";
  return names.size() > kNamed + 1 ? first_few(names, kNamed) : enumerated(names);
}

void add_new(std::vector<std::string>& to, const std::string& text) {
  if (!text.empty() && std::find(to.begin(), to.end(), text) == to.end()) to.push_back(text);
}

/// The name with its metric where the row has several lines.
std::string told_name(const ComparedTable& table, const ComparedLine& line) {
  const auto lines = std::count_if(table.lines.begin(), table.lines.end(),
                                   [&](const ComparedLine& l) { return l.row == line.row; });
  return lines > 1 ? line.name + " " + line.metric : line.name;
}

class RemarksMaker {
 public:
  RemarksMaker(const Comparison& comparison, const ComparedTable& table)
      : comparison_(comparison), table_(table) {}

  ComparisonRemarks make() {
    add_scope();
    for (std::size_t c = 0; c < comparison_.contrasts.size(); ++c) {
      out_.verdicts.push_back(sentence(c));
      for (const ComparisonRow& row : comparison_.contrasts[c].rows) add_row(c, row);
    }
    for (const auto& [reason, names] : reasons_)
      out_.not_compared.push_back(terminal_safe(
          names.size() == 1 ? names[0] + ": " + reason : reason + " (" + listed(names) + ")"));
    add_figures();
    for (const ManyRuns& many : comparison_.many) add_many(many);
    add_folded();
    add_notes();
    return std::move(out_);
  }

 private:
  bool several() const { return comparison_.contrasts.size() > 1; }
  const ComparedRun& reference() const { return comparison_.runs.at(0); }
  const ComparedRun& other(std::size_t contrast) const {
    return comparison_.runs.at(comparison_.contrasts[contrast].other);
  }
  /// " (C)" where there are several contrasts.
  std::string of(std::size_t contrast) const {
    return several() ? " (" + other(contrast).letter + ")" : "";
  }

  void add_scope() {
    if (!comparison_.anything_compared()) {
      out_.scope = "nothing can be compared";
      return;
    }
    const ComparedScope scope = scope_of(comparison_.contrasts.at(0));
    const std::string over =
        several() ? " (" + reference().letter + " and " + other(0).letter + ")" : "";
    out_.scope = "comparable: " + std::to_string(scope.compared) + " of " +
                 counted(scope.tasks, "task") + ", " +
                 counted(static_cast<std::size_t>(scope.items), "item") + over + "; " +
                 counted(static_cast<std::size_t>(comparison_.tests), "test");
    std::vector<std::string> adjustments;
    for (const ComparedLine& line : table_.lines)
      for (const ComparedFigures& figures : line.figures)
        if (figures.metric && !line.row->inside) add_new(adjustments, figures.metric->adjustment);
    if (!adjustments.empty()) out_.scope += ", " + joined_present(adjustments, ", ");
  }

  std::string sentence(std::size_t contrast) const {
    std::vector<std::string> better, worse, same, untested;
    for (const ComparedLine& line : table_.lines) {
      const MetricComparison* metric = line.figures[contrast].metric;
      if (!metric || !line.main || line.row->inside) continue;
      (metric->outcome == Outcome::kBetter         ? better
       : metric->outcome == Outcome::kWorse        ? worse
       : metric->outcome == Outcome::kNoDifference ? same
                                                   : untested)
          .push_back(line.name);
    }
    const std::string& letter = other(contrast).letter;
    if (better.size() + worse.size() + same.size() + untested.size() == 0)
      return "nothing of " + letter + " can be compared with " + reference().letter;
    std::vector<std::string> parts;
    if (!better.empty() || !worse.empty())
      parts.push_back("better on " + listed(better) + ", worse on " + listed(worse));
    if (!same.empty()) parts.push_back("no difference seen on " + listed(same));
    if (!untested.empty()) parts.push_back("not tested: " + listed(untested));
    const bool seen = !better.empty() || !worse.empty();
    return letter + (seen ? " is " : ": ") + joined_present(parts, "; ");
  }

  std::string difference_text(const ProtocolDifference& d, std::size_t contrast) const {
    if (d.a.empty() && d.b.empty()) return d.name + " differs";
    const auto shown = [](const std::string& text) { return text.empty() ? "–" : text; };
    return d.name + ": " + reference().letter + " " + shown(d.a) + ", " + other(contrast).letter +
           " " + shown(d.b);
  }

  std::string why_not(Comparability verdict, const std::optional<ProtocolDifference>& first,
                      std::size_t contrast) const {
    if (verdict == Comparability::kOnlyInA) return "only in " + reference().letter;
    if (verdict == Comparability::kOnlyInB) return "only in " + other(contrast).letter;
    return first ? difference_text(*first, contrast) : name_of(verdict);
  }

  void add_row(std::size_t contrast, const ComparisonRow& row) {
    const std::string name = shown_name(row) + of(contrast);
    const bool compared =
        row.verdict == Comparability::kComparable || row.verdict == Comparability::kPartly;
    if (!compared) {
      add_not_compared(name, why_not(row.verdict, row.first_difference, contrast));
    } else if (is_shown(row) && (row.only_in[0] > 0 || row.only_in[1] > 0)) {
      out_.partly.push_back(
          name + ": " + counted(static_cast<std::size_t>(row.items_in_common), "item") +
          " in common; " + grouped(row.only_in[0]) + " only in " + reference().letter + ", " +
          grouped(row.only_in[1]) + " only in " + other(contrast).letter);
    }
    for (const MetricComparison& metric : row.metrics)
      if (compared && !was_compared(row, metric))
        add_not_compared(name + " " + shown_metric(metric),
                         why_not(metric.verdict, metric.first_difference, contrast));
    const bool stands_for_itself = row.is_group && !row.inside;
    if (compared && !is_shown(row) && !stands_for_itself) return;
    for (const std::string& note : row.notes)
      add_new(out_.notes, terminal_safe(name + ": " + note));
  }

  /// Of a row or of many runs: whether the table has a line of it, which --all alone has of all.
  bool is_shown(const auto& row) const {
    return std::any_of(table_.lines.begin(), table_.lines.end(),
                       [&](const ComparedLine& line) { return line.row->name == row.name; });
  }

  /// What is not compared for the same reason stands together: 57 subjects are one line.
  void add_not_compared(const std::string& name, const std::string& reason) {
    for (auto& [known, names] : reasons_)
      if (known == reason) return add_new(names, name);
    reasons_.push_back({reason, {name}});
  }

  void add_figures() {
    for (const ComparedLine& line : table_.lines)
      for (std::size_t c = 0; c < line.figures.size(); ++c)
        if (line.figures[c].metric) add_metric(line, c);
    out_.detectable = joined_present(seen_, ", ");
    const std::string below =
        joined_present({range_text(points_below_), range_text(own_below_),
                        unseen_below_ > 0 ? "N/A for " + grouped(unseen_below_) : ""},
                       ", ");
    if (!below.empty()) out_.detectable += (seen_.empty() ? "" : "; ") + ("below groups " + below);
    out_.tests = terminal_safe(joined_present(
        {tests_.empty() ? "" : "tests: " + joined_present(tests_, ", "),
         intervals_.empty() ? "" : "95% intervals: " + joined_present(intervals_, "; "),
         below_.empty() ? "" : "p below groups: " + joined_present(below_, ", ")},
        "; "));
  }

  void add_metric(const ComparedLine& line, std::size_t contrast) {
    const ComparedFigures& figures = line.figures[contrast];
    const MetricComparison& metric = *figures.metric;
    const std::string name = told_name(table_, line) + of(contrast);
    if (!figures.detectable.empty()) add_detectable(line, name, figures);
    if (!metric.reason.empty())
      add_new(out_.not_tested, terminal_safe(name + ": " + metric.reason));
    if (metric.flips_within_rounding.value_or(0) > 0)
      out_.notes.push_back(name + ": " + grouped(*metric.flips_within_rounding) + " of " +
                           grouped(metric.only_a.value_or(0) + metric.only_b.value_or(0)) +
                           " flips are within what rounding can move");
    add_new(tests_, metric.test);
    add_new(intervals_, metric.interval);
    if (line.row->inside) add_new(below_, metric.adjustment);
  }

  /// Rows below groups are many: their range alone, of points and of metrics' own units.
  void add_detectable(const ComparedLine& line, const std::string& name,
                      const ComparedFigures& figures) {
    const std::string& text = figures.detectable;
    if (!line.row->inside) {
      seen_.push_back(name + " " + text);
    } else if (const double value = figures.metric->detectable.value_or(0); value <= 0) {
      ++unseen_below_;
    } else {
      std::vector<std::pair<double, std::string>>& texts =
          is_share(*figures.metric) ? points_below_ : own_below_;
      texts.emplace_back(value, text);
    }
  }

  static std::string range_text(const std::vector<std::pair<double, std::string>>& texts) {
    if (texts.empty()) return "";
    const auto [low, high] = std::minmax_element(texts.begin(), texts.end());
    return low->second == high->second ? low->second : low->second + " to " + high->second;
  }

  void add_many(const ManyRuns& many) {
    const std::string name = shown_name(many);
    if (!many.q || !many.p || !is_shown(many)) return;
    add_new(out_.many, name + " " + fixed(*many.q, 1) + ", df " + std::to_string(many.df) + ", n " +
                           grouped(many.n) + ", p " + p_text(*many.p));
  }

  void add_folded() {
    std::vector<std::string> parts;
    if (table_.folded_rows > 0)
      parts.push_back(counted(table_.folded_rows, "row") + " below groups");
    if (table_.folded_metrics > 0) parts.push_back(counted(table_.folded_metrics, "more metric"));
    if (!parts.empty()) out_.folded = joined_present(parts, ", ") + ": --all";
  }

  void add_notes() {
    for (const std::string& note : comparison_.notes) add_new(out_.notes, terminal_safe(note));
    for (const ComparedRun& run : comparison_.runs)
      for (const std::string& note : run.notes)
        add_new(out_.notes, terminal_safe(run.letter + ": " + note));
  }

  const Comparison& comparison_;
  const ComparedTable& table_;
  std::vector<std::pair<std::string, std::vector<std::string>>> reasons_;  // of not_compared
  std::vector<std::string> seen_, tests_, intervals_, below_;
  std::vector<std::pair<double, std::string>> points_below_, own_below_;  // detectable below groups
  std::int64_t unseen_below_ = 0;                                         // there, where it is N/A
  ComparisonRemarks out_;
};

}  // namespace

ComparisonRemarks make_remarks(const Comparison& comparison, const ComparedTable& table) {
  return RemarksMaker(comparison, table).make();
}

}  // namespace flm
