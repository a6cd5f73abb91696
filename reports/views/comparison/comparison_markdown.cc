#include "reports/views/comparison/comparison_markdown.h"

#include <algorithm>
#include <utility>

#include "reports/figures/markdown_text.h"
#include "reports/figures/wrapped_text.h"
#include "reports/views/comparison/comparison_columns.h"
#include "reports/views/comparison/comparison_remarks.h"
#include "reports/views/comparison/comparison_table.h"
#include "reports/views/comparison/flips.h"

namespace flm {
namespace {

constexpr int kFlips = 20;                 // where nobody says how many
constexpr std::size_t kAnswerWidth = 160;  // of a flip's answer

class MarkdownWriter {
 public:
  MarkdownWriter(const Comparison& comparison, const ComparisonView& view)
      : comparison_(comparison),
        view_(view),
        table_(make_compared_table(comparison, view.all)),
        remarks_(make_remarks(comparison, table_)) {}

  std::string write() {
    for (const std::string& warning : comparison_.warnings)
      out_ += "**" + markdown_text(warning) + "**\n\n";
    put(run_columns(comparison_));
    out_ += markdown_text(remarks_.scope) + "\n\n";
    for (const std::string& verdict : remarks_.verdicts)
      out_ += "**" + markdown_text(verdict) + "**\n\n";
    figures();
    sections();
    for (const Contrast& contrast : comparison_.contrasts) flips(contrast);
    return std::move(out_);
  }

 private:
  bool several() const { return comparison_.contrasts.size() > 1; }

  std::string against(const Contrast& contrast) const {
    return comparison_.runs.at(contrast.other).letter + " against " + comparison_.runs.at(0).letter;
  }

  void list(const std::vector<std::string>& lines) {
    for (const std::string& text : lines) out_ += "- " + markdown_text(text) + "\n";
    if (!lines.empty()) out_ += "\n";
  }

  void section(const std::string& title, const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    out_ += title + ":\n\n";
    list(lines);
  }

  void put(const TextTable& table) {
    std::vector<std::string> names;
    std::vector<bool> numeric;
    for (const TextColumn& column : table.columns) {
      names.push_back(column.name);
      numeric.push_back(column.numeric);
    }
    out_ += markdown_head(names, numeric);
    for (const auto& cells : table.lines) {
      const std::size_t spaces = cells[0].find_first_not_of(' ');
      const std::size_t depth = spaces == std::string::npos ? 0 : spaces / 2;
      std::vector<std::string> plain = cells;
      plain[0].erase(0, 2 * depth);
      out_ += markdown_row(plain, static_cast<int>(depth));
    }
    out_ += "\n";
  }

  void figures() {
    if (table_.lines.empty()) return;
    const std::size_t count = comparison_.contrasts.size();
    if (several()) put(difference_columns(comparison_, table_, 0, count));
    for (std::size_t c = 0; c < count; ++c) {
      if (several()) out_ += against(comparison_.contrasts[c]) + ":\n\n";
      put(contrast_columns(comparison_, table_, c, view_.raw, VerdictWords::kFull));
    }
    if (!several() || !view_.all) return;
    for (const ManyRuns& many : comparison_.many) {
      out_ += markdown_text(shown_name(many)) + ", column less row:\n\n";
      put(pair_matrix(comparison_, many));
    }
  }

  void sections() {
    section("Partly compared", remarks_.partly);
    section("Not compared", remarks_.not_compared);
    section("No figure or no test", remarks_.not_tested);
    section("Cochran's Q", remarks_.many);
    std::vector<std::string> notes;
    if (!table_.lines.empty()) notes.push_back(kLegend);
    if (!remarks_.detectable.empty())
      notes.push_back(std::string(kDetectsColumn) + ": " + kDetects);
    for (const std::string& text : {remarks_.tests, remarks_.folded})
      if (!text.empty()) notes.push_back(text);
    notes.insert(notes.end(), remarks_.notes.begin(), remarks_.notes.end());
    list(notes);
  }

  void flips(const Contrast& contrast) {
    const std::vector<Flip> all = flips_of(contrast);
    const std::size_t count =
        std::min(all.size(), static_cast<std::size_t>(std::max(view_.flips.value_or(kFlips), 0)));
    if (count == 0) return;
    const std::string &a = comparison_.runs.at(0).letter,
                      &b = comparison_.runs.at(contrast.other).letter;
    out_ += "<details><summary>" +
            markdown_text(against(contrast) + ": " + count_text(all, count)) + "</summary>\n\n";
    out_ += markdown_head({"Task", "Doc", "Change", "Margin", "Right", a, b},
                          {false, true, false, true, false, false, false});
    for (std::size_t i = 0; i < count; ++i) {
      const FlipText text = describe(comparison_, contrast, all[i]);
      out_ += markdown_row(
          {text.task, text.doc, text.change, text.margins, clipped(text.gold, kAnswerWidth),
           clipped(text.a, kAnswerWidth), clipped(text.b, kAnswerWidth)},
          0);
    }
    out_ += "\n</details>\n\n";
  }

  const Comparison& comparison_;
  const ComparisonView& view_;
  const ComparedTable table_;
  const ComparisonRemarks remarks_;
  std::string out_;
};

}  // namespace

std::string render_comparison_markdown(const Comparison& comparison, const ComparisonView& view) {
  std::string text = MarkdownWriter(comparison, view).write();
  while (text.ends_with("\n\n")) text.pop_back();
  return text;
}

}  // namespace flm
