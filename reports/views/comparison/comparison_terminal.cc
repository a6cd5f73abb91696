#include "reports/views/comparison/comparison_terminal.h"

#include <algorithm>
#include <utility>

#include "reports/figures/wrapped_text.h"
#include "reports/views/comparison/comparison_columns.h"
#include "reports/views/comparison/comparison_remarks.h"
#include "reports/views/comparison/comparison_table.h"
#include "reports/views/comparison/flips.h"
#include "reports/views/row_metrics.h"
#include "reports/views/text_table.h"

namespace flm {
namespace {

constexpr std::size_t kPlainAnswerWidth =
    70;  // of a flip's answer, where the terminal has no width

class TerminalWriter {
 public:
  TerminalWriter(const Comparison& comparison, const ComparisonView& view)
      : comparison_(comparison),
        view_(view),
        table_(make_compared_table(comparison, view.all)),
        remarks_(make_remarks(comparison, table_)) {}

  std::string write() {
    head();
    figures();
    sections();
    if (view_.flips.value_or(0) > 0) flips();
    return std::move(out_);
  }

 private:
  bool several() const { return comparison_.contrasts.size() > 1; }

  void line(const std::string& text, std::size_t hang = 0) {
    out_ += wrapped(text, view_.columns, hang);
  }

  /// The title of what follows an empty line.
  void block(const std::string& title) {
    out_ += "\n";
    line(title);
  }

  void section(const std::string& title, const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    line(title);
    for (const std::string& text : lines) line("  " + text, 4);
  }

  void head() {
    for (const std::string& warning : comparison_.warnings) line(warning, 2);
    put(run_columns(comparison_));
    out_ += "\n";
    line(remarks_.scope);
    for (const std::string& verdict : remarks_.verdicts) line(verdict, 2);
  }

  void figures() {
    if (table_.lines.empty()) return;
    out_ += "\n";
    if (several()) differences();
    if (several() && !view_.all) return;
    for (std::size_t c = 0; c < comparison_.contrasts.size(); ++c) {
      if (several())
        block(comparison_.runs.at(comparison_.contrasts[c].other).letter + " against " +
              comparison_.runs.at(0).letter);
      contrast(c);
    }
    if (several()) pairs();
  }

  void contrast(std::size_t index) {
    const TextTable columns =
        contrast_columns(comparison_, table_, index, view_.raw, VerdictWords::kShort);
    if (columns.lines.empty()) return line("  nothing compared");
    const std::vector<std::string> shown = put(columns);
    if (!has(shown, kMetricColumn)) metrics();
    detects_shown_ = has(shown, kDetectsColumn);
  }

  /// The names of the columns that had room.
  std::vector<std::string> put(const TextTable& columns) {
    const std::vector<std::size_t> shown = fitting_columns(columns, view_.columns);
    out_ += render_text_table(columns, shown, view_.columns);
    std::vector<std::string> names;
    for (std::size_t c : shown) names.push_back(columns.columns[c].name);
    return names;
  }

  static bool has(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  /// As many contrasts side by side as fit, then the next ones below.
  void differences() {
    const std::size_t count = comparison_.contrasts.size();
    bool told = true;
    for (std::size_t first = 0; first < count;) {
      std::size_t end = count;
      while (end > first + 1 && !fits(first, end)) --end;
      told = has(put(difference_columns(comparison_, table_, first, end)), kMetricColumn) && told;
      first = end;
    }
    if (!told) metrics();
  }

  bool fits(std::size_t first, std::size_t end) const {
    return fits(difference_columns(comparison_, table_, first, end));
  }

  bool fits(const TextTable& columns) const {
    return view_.columns <= 0 ||
           text_table_width(columns, fitting_columns(columns, view_.columns)) <=
               static_cast<std::size_t>(view_.columns);
  }

  /// Where the table has no room for it: which metric each row is of.
  void metrics() {
    std::vector<std::pair<std::string, std::string>> rows;
    for (const ComparedLine& compared : table_.lines)  // others say it in place of a name
      if (compared.main) rows.emplace_back(compared.name, compared.metric);
    for (const std::string& text : metric_lines(rows)) line(text, 2);
  }

  void pairs() {
    for (const ManyRuns& many : comparison_.many) {
      block(shown_name(many) + ", column less row, " + std::to_string(many.n) +
            " items that all have; Holm over the pairs");
      const TextTable matrix = pair_matrix(comparison_, many);
      put(fits(matrix) ? matrix : pair_list(comparison_, many));
    }
  }

  void sections() {
    if (!table_.lines.empty()) out_ += "\n";
    section("partly compared", remarks_.partly);
    section("not compared", remarks_.not_compared);
    section("no figure or no test", remarks_.not_tested);
    section("Cochran's Q", remarks_.many);
    if (!table_.lines.empty()) out_ += std::string(kLegend) + "\n";
    if (!remarks_.detectable.empty())
      line(detects_shown_ ? std::string(kDetectsColumn) + ": " + kDetects
                          : kDetects + (": " + remarks_.detectable),
           2);
    if (view_.all && !remarks_.tests.empty()) line(remarks_.tests, 2);
    for (const std::string& note : remarks_.notes) line("note: " + note, 2);
    if (!remarks_.folded.empty()) line(remarks_.folded);
    if (view_.flips.value_or(0) == 0 && comparison_.anything_compared())
      line("next: again with --flips 5 (items), --format html > compare.html");
  }

  void flips() {
    for (const Contrast& contrast : comparison_.contrasts) {
      const std::vector<Flip> all = flips_of(contrast);
      const std::size_t count = std::min(all.size(), static_cast<std::size_t>(*view_.flips));
      const std::string& a = comparison_.runs.at(0).letter;
      const std::string& b = comparison_.runs.at(contrast.other).letter;
      block(b + " against " + a + ": " + count_text(all, count));
      for (std::size_t i = 0; i < count; ++i) flip(describe(comparison_, contrast, all[i]), a, b);
    }
  }

  void flip(const FlipText& text, const std::string& a, const std::string& b) {
    line(text.change + "  " + text.task + " doc " + text.doc +
             (text.margins.empty() ? "" : "  margin " + text.margins),
         2);
    const bool lost = text.change == "lost";
    answer("right", text.gold);
    answer(a + (lost ? " ✓" : " ✗"), text.a);
    answer(b + (lost ? " ✗" : " ✓"), text.b);
  }

  void answer(const std::string& who, const std::string& text) {
    const std::size_t width = view_.columns > 0
                                  ? static_cast<std::size_t>(std::max(view_.columns - 9, 10))
                                  : kPlainAnswerWidth;
    if (!text.empty())
      out_ += "  " + who + std::string(who == "right" ? 2 : 4, ' ') + clipped(text, width) + "\n";
  }

  const Comparison& comparison_;
  const ComparisonView& view_;
  const ComparedTable table_;
  const ComparisonRemarks remarks_;
  std::string out_;
  bool detects_shown_ = false;
};

}  // namespace

std::string render_comparison_terminal(const Comparison& comparison, const ComparisonView& view) {
  return TerminalWriter(comparison, view).write();
}

}  // namespace flm
