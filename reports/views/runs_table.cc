#include "reports/views/runs_table.h"

#include <algorithm>
#include <map>

#include "base/system/files.h"
#include "reports/figures/display_width.h"
#include "reports/figures/figures.h"
#include "reports/figures/markdown_text.h"
#include "reports/figures/row_text.h"
#include "reports/figures/shown_figures.h"
#include "reports/figures/wrapped_text.h"
#include "reports/views/latex_text.h"
#include "reports/views/shown_rows.h"
#include "reports/views/text_table.h"

namespace flm {
namespace {

std::string short_name(const RunRecord& run) {
  return terminal_safe(run.name.empty() ? last_part_of(run.model) : run.name);
}

/// The runs' names, with the end of the id where two have the same.
std::vector<std::string> headings(const std::vector<Report>& reports) {
  std::vector<std::string> names, out;
  for (const Report& report : reports) names.push_back(short_name(report.run));
  for (std::size_t r = 0; r < names.size(); ++r) {
    const std::string& id = reports[r].run.id;
    const bool alone = std::count(names.begin(), names.end(), names[r]) == 1;
    out.push_back(alone ? names[r]
                        : names[r] + " " +
                              id.substr(id.size() - std::min<std::size_t>(6, id.size())));
  }
  return out;
}

std::string cell_of(const Score& score) {
  if (!score.value) return "N/A";
  return value_text(score) + (score.stderr_value ? " ± " + error_text(score) : "");
}

/// One figure: what a line is found by.
struct LineKey {
  std::string row, filter, metric;
  bool operator==(const LineKey&) const = default;
};

class RunsTableMaker {
 public:
  explicit RunsTableMaker(const std::vector<Report>& reports) : reports_(reports) {
    table_.columns = {"Task", "Metric"};
    for (const std::string& heading : headings(reports)) table_.columns.push_back(heading);
  }

  RunsTable make(bool all) {
    for (std::size_t r = 0; r < reports_.size(); ++r)
      for (const ShownRow& shown : shown_rows(reports_[r], all).rows)
        for (const Score* score : shown.scores) put(r, *shown.row, *score);
    for (std::size_t i = keys_.size(); i-- > 1;)
      if (keys_[i].row == keys_[i - 1].row) table_.lines[i][0].clear();
    return std::move(table_);
  }

 private:
  void put(std::size_t run, const ReportRow& row, const Score& score) {
    const LineKey key{row.name, score.filter, score.metric};
    const auto found = std::find(keys_.begin(), keys_.end(), key);
    const auto at = static_cast<std::size_t>(found - keys_.begin());
    const bool first = found == keys_.end();
    if (first) {
      keys_.push_back(key);
      table_.lines.emplace_back(table_.columns.size());
      table_.lines[at][0] =
          std::string(2 * static_cast<std::size_t>(row.depth), ' ') + shown_name(row);
    }
    // A run in which it is N/A need not know the unit.
    if (first || score.percent)
      table_.lines[at][1] = terminal_safe(
          metric_label(metric_with_unit(score), score.filter, score.higher_is_better));
    table_.lines[at][2 + run] = cell_of(score);
  }

  const std::vector<Report>& reports_;
  RunsTable table_;
  std::vector<LineKey> keys_;
};

/// "57 tasks below mmlu, 2 more figures: flmeval report A B --all"; "" where nothing is left out.
/// Of what the runs leave out the most: mostly it is the same of each.
std::string folded_line(const std::vector<Report>& reports) {
  ShownRows most;
  std::map<std::string, std::size_t> tasks;
  std::string command = "flmeval report";
  for (const Report& report : reports) {
    const ShownRows shown = shown_rows(report, false);
    for (const auto& [top, count] : shown.folded) tasks[top] = std::max(tasks[top], count);
    most.folded_figures = std::max(most.folded_figures, shown.folded_figures);
    command += " " + report.run.id;
  }
  most.folded.assign(tasks.begin(), tasks.end());
  const std::string text = folded_text(most);
  return text.empty() ? "" : text + ": " + command + " --all" + reports.front().store_flag;
}

/// The runs in blocks of as many as stand beside task and metric (the task may stand on a line of
/// its own), so that every value stands under its run's name. [blocks] of columns.
std::vector<std::vector<std::size_t>> blocks_of(const TextTable& table, int columns) {
  std::vector<std::vector<std::size_t>> out;
  constexpr std::size_t kIndent = 2;  // of what stands below the task
  const auto fits = [&](std::vector<std::size_t> shown) {
    shown.erase(shown.begin());  // the task
    return columns <= 0 ||
           text_table_width(table, shown) + kIndent <= static_cast<std::size_t>(columns);
  };
  for (std::size_t run = 2; run < table.columns.size(); ++run) {
    std::vector<std::size_t> wider = out.empty() ? std::vector<std::size_t>{0, 1} : out.back();
    wider.push_back(run);
    if (out.empty())
      out.push_back(wider);
    else if (fits(wider))
      out.back() = wider;
    else
      out.push_back({0, 1, run});
  }
  return out;
}

std::vector<bool> numeric_columns(const RunsTable& table) {
  std::vector<bool> numeric(table.columns.size(), true);
  numeric[0] = numeric[1] = false;
  return numeric;
}

}  // namespace

RunsTable make_runs_table(const std::vector<Report>& reports, bool all) {
  return RunsTableMaker(reports).make(all);
}

std::vector<std::string> runs_table_remarks(const std::vector<Report>& reports) {
  const std::vector<std::string> names = headings(reports);
  std::vector<std::string> out;
  for (std::size_t r = 0; r < reports.size(); ++r) {
    const RunRecord& run = reports[r].run;
    std::string line = names[r] + ": run " + run.id + ", " + run.status + ", model " + run.model +
                       ", weights " + run.weights_hash.substr(0, 12) + ", " + run.numerics;
    for (const std::string& warning : reports[r].warnings) line += "; " + warning;
    out.push_back(terminal_safe(line));
  }
  return out;
}

std::string runs_table_text(const std::vector<Report>& reports, bool all, int columns) {
  const RunsTable table = make_runs_table(reports, all);
  TextTable text;
  for (std::size_t c = 0; c < table.columns.size(); ++c)
    text.columns.push_back({table.columns[c], c > 1});
  text.lines = table.lines;
  std::string out;
  for (const std::string& line : runs_table_remarks(reports)) out += wrapped(line, columns, 2);
  for (const std::vector<std::size_t>& block : blocks_of(text, columns))
    out += "\n" + render_text_table(text, block, columns);
  const std::string folded = all ? "" : folded_line(reports);
  return folded.empty() ? out : out + wrapped(terminal_safe(folded), columns, 2);
}

std::string runs_table_markdown(const std::vector<Report>& reports, bool all) {
  const RunsTable table = make_runs_table(reports, all);
  std::string out;
  for (const std::string& line : runs_table_remarks(reports))
    out += "- " + markdown_text(line) + "\n";
  out += "\n" + markdown_head(table.columns, numeric_columns(table));
  for (const std::vector<std::string>& line : table.lines) out += markdown_row(line, 0);
  return out;
}

std::string runs_table_latex(const std::vector<Report>& reports, bool all) {
  const RunsTable table = make_runs_table(reports, all);
  std::string out = "% packages: booktabs, amssymb; names in Chinese: ctex or xeCJK\n";
  for (const std::string& line : runs_table_remarks(reports)) out += "% " + line + "\n";
  out += latex_head(table.columns, numeric_columns(table));
  for (const std::vector<std::string>& line : table.lines) out += latex_row(line);
  return out + latex_end();
}

}  // namespace flm
