#include "reports/views/runs_table.h"

#include <algorithm>
#include <map>

#include "base/system/files.h"
#include "base/text/joined.h"
#include "reports/figures/display_width.h"
#include "reports/figures/figures.h"
#include "reports/figures/markdown_text.h"
#include "reports/figures/row_text.h"
#include "reports/figures/shown_figures.h"
#include "reports/figures/wrapped_text.h"
#include "reports/views/latex_text.h"
#include "reports/views/shown_rows.h"
#include "reports/views/text_table.h"
#include "reports/views/unlike_tasks.h"

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

constexpr std::size_t kTaskColumn = 0, kMetricColumn = 1, kShotsColumn = 2,
                      kFirstRun = 3;  // columns

/// One figure: what a line is found by. A task of two groups is a row in each.
struct LineKey {
  std::string path, filter, metric;  // names from the outermost group to the row
  bool operator==(const LineKey&) const = default;
};

class RunsTableMaker {
 public:
  explicit RunsTableMaker(const std::vector<Report>& reports) : reports_(reports) {
    table_.columns = {"Task", "Metric", "Shots"};
    for (const std::string& heading : headings(reports)) table_.columns.push_back(heading);
  }

  RunsTable make(bool all) {
    for (std::size_t r = 0; r < reports_.size(); ++r) add_run(r, shown_rows(reports_[r], all));
    if (any_error_) table_.notes.insert(table_.notes.begin(), "±: one standard error");
    for (std::size_t i = keys_.size(); i-- > 1;)
      if (keys_[i].path == keys_[i - 1].path)
        table_.lines[i][kTaskColumn].clear(), table_.lines[i][kShotsColumn].clear();
    return std::move(table_);
  }

 private:
  void add_run(std::size_t run, const ShownRows& shown) {
    std::vector<std::string> path;  // of the row, the outermost name first
    last_ = keys_.size();
    for (const ShownRow& row : shown.rows) {
      path.resize(static_cast<std::size_t>(row.row->depth));
      path.push_back(row.row->name);
      const std::string names = joined(path, "\n");
      if (row.scores.empty()) line_of({names, "", ""}, row);
      for (const Score* score : row.scores) put(run, row, names, *score);
    }
  }

  void put(std::size_t run, const ShownRow& row, const std::string& path, const Score& score) {
    const std::size_t at = line_of({path, score.filter, score.metric}, row);
    std::string& metric = table_.lines[at][kMetricColumn];
    // A run in which it is N/A need not know the unit.
    if (metric.empty() || score.percent)
      metric = terminal_safe(
          metric_label(metric_with_unit(score), score.filter, score.higher_is_better));
    table_.lines[at][kFirstRun + run] = cell_of(score);
  }

  /// The figure's line, which is made where no run before had it.
  std::size_t line_of(const LineKey& key, const ShownRow& row) {
    const auto found = std::find(keys_.begin(), keys_.end(), key);
    last_ = found == keys_.end() ? insert_line(key, row)
                                 : static_cast<std::size_t>(found - keys_.begin());
    std::string& shots = table_.lines[last_][kShotsColumn];
    const std::string known = ", " + shots + ", ";
    if (shots.empty())
      shots = row.shots;
    else if (known.find(", " + row.shots + ", ") == std::string::npos)
      shots += ", " + row.shots;
    return last_;
  }

  /// Behind the run's line before it, and what is below that one in other runs; at the end where
  /// there is none.
  std::size_t insert_line(const LineKey& key, const ShownRow& row) {
    const int depth = row.row->depth;
    std::size_t at = last_ < keys_.size() ? last_ + 1 : keys_.size();
    while (at < keys_.size() && keys_[at - 1].path != key.path &&
           (keys_[at].path == keys_[at - 1].path || table_.depths[at] > depth))
      ++at;
    const auto place = static_cast<std::ptrdiff_t>(at);
    keys_.insert(keys_.begin() + place, key);
    table_.depths.insert(table_.depths.begin() + place, depth);
    table_.lines.emplace(table_.lines.begin() + place, table_.columns.size());
    table_.lines[at][kTaskColumn] = shown_name(*row.row);
    return at;
  }

  /// "0.25 ± 0.01", "N/A [1]": with a mark where something is to be said of it.
  std::string cell_of(const Score& score) {
    std::string out = value_text(score);
    if (score.value && score.stderr_value) {
      out += " ± " + error_text(score);
      any_error_ = true;
    }
    const std::string remark = terminal_safe(remark_text(score));
    return remark.empty() ? out : out + " [" + std::to_string(number_of(remark)) + "]";
  }

  std::size_t number_of(const std::string& remark) {
    const auto known = std::find(remarks_.begin(), remarks_.end(), remark);
    const auto number = static_cast<std::size_t>(known - remarks_.begin()) + 1;
    if (known == remarks_.end()) {
      remarks_.push_back(remark);
      table_.notes.push_back("[" + std::to_string(number) + "] " + remark);
    }
    return number;
  }

  const std::vector<Report>& reports_;
  RunsTable table_;
  std::vector<LineKey> keys_;  // [lines]
  std::vector<std::string> remarks_;
  bool any_error_ = false;
  std::size_t last_ = 0;  // line that the run's figure before this one has
};

/// "flmeval report A B": a command over the runs.
std::string command_over(const std::vector<Report>& reports, const std::string& command) {
  std::string out = "flmeval " + command;
  for (const Report& report : reports) out += " " + report.run.id;
  return out;
}

/// "57 tasks below mmlu, 2 more figures"; "" where nothing is left out. Of what the runs leave out
/// the most: mostly it is the same of each.
std::string folded_line(const std::vector<Report>& reports) {
  ShownRows most;
  std::map<std::string, std::size_t> tasks;
  for (const Report& report : reports) {
    const ShownRows shown = shown_rows(report, false);
    for (const auto& [top, count] : shown.folded) tasks[top] = std::max(tasks[top], count);
    most.folded_figures = std::max(most.folded_figures, shown.folded_figures);
  }
  most.folded.assign(tasks.begin(), tasks.end());
  return folded_text(most);
}

/// The runs in blocks of as many as stand beside task, metric and shots (the task may stand on a
/// line of its own), so that every value stands under its run's name. [blocks] of columns.
std::vector<std::vector<std::size_t>> blocks_of(const TextTable& table, int columns) {
  std::vector<std::vector<std::size_t>> out;
  constexpr std::size_t kIndent = 2;  // of what stands below the task
  const auto fits = [&](std::vector<std::size_t> shown) {
    shown.erase(shown.begin());  // the task
    return columns <= 0 ||
           text_table_width(table, shown) + kIndent <= static_cast<std::size_t>(columns);
  };
  for (std::size_t run = kFirstRun; run < table.columns.size(); ++run) {
    std::vector<std::size_t> wider =
        out.empty() ? std::vector<std::size_t>{kTaskColumn, kMetricColumn, kShotsColumn}
                    : out.back();
    wider.push_back(run);
    if (out.empty())
      out.push_back(wider);
    else if (fits(wider))
      out.back() = wider;
    else
      out.push_back({kTaskColumn, kMetricColumn, kShotsColumn, run});
  }
  return out;
}

std::vector<bool> numeric_columns(const RunsTable& table) {
  std::vector<bool> numeric(table.columns.size(), true);
  numeric[kTaskColumn] = numeric[kMetricColumn] = false;
  return numeric;
}

/// Names two spaces further in for each group above them.
std::vector<std::vector<std::string>> indented_lines(const RunsTable& table) {
  std::vector<std::vector<std::string>> out = table.lines;
  for (std::size_t i = 0; i < out.size(); ++i)
    if (!out[i][kTaskColumn].empty())
      out[i][kTaskColumn].insert(0, 2 * static_cast<std::size_t>(table.depths[i]), ' ');
  return out;
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
  for (const std::string& unlike : unlike_tasks(reports))
    out.push_back(terminal_safe("NOT ALIKE in all runs: " + unlike));
  return out;
}

std::string runs_table_text(const std::vector<Report>& reports, bool all, int columns) {
  const RunsTable table = make_runs_table(reports, all);
  TextTable text;
  const std::vector<bool> numeric = numeric_columns(table);
  for (std::size_t c = 0; c < table.columns.size(); ++c)
    text.columns.push_back({table.columns[c], numeric[c]});
  text.lines = indented_lines(table);
  std::string out;
  for (const std::string& line : runs_table_remarks(reports)) out += wrapped(line, columns, 2);
  for (const std::vector<std::size_t>& block : blocks_of(text, columns))
    out += "\n" + render_text_table(text, block, columns);
  if (!table.notes.empty()) out += "\n";
  for (const std::string& note : table.notes) out += wrapped(note, columns, 4);
  // Commands stand on lines of their own, in one piece for copying.
  const std::string folded = all ? "" : folded_line(reports);
  const std::string store = terminal_safe(reports.front().store_flag);
  if (!folded.empty())
    out += wrapped(terminal_safe(folded) + ":", columns, 2) + "  " +
           command_over(reports, "report") + " --all" + store + "\n";
  if (!unlike_tasks(reports).empty())
    out += wrapped("what can be compared:", columns, 2) + "  " + command_over(reports, "compare") +
           store + "\n";
  return out;
}

std::string runs_table_markdown(const std::vector<Report>& reports, bool all) {
  const RunsTable table = make_runs_table(reports, all);
  std::string out;
  for (const std::string& line : runs_table_remarks(reports))
    out += "- " + markdown_text(line) + "\n";
  out += "\n" + markdown_head(table.columns, numeric_columns(table));
  for (std::size_t i = 0; i < table.lines.size(); ++i)
    out += markdown_row(table.lines[i], table.depths[i]);
  if (!table.notes.empty()) out += "\n";
  for (const std::string& note : table.notes) out += "- " + markdown_text(note) + "\n";
  return out;
}

std::string runs_table_latex(const std::vector<Report>& reports, bool all) {
  const RunsTable table = make_runs_table(reports, all);
  std::string out = "% packages: booktabs, amssymb; names in Chinese: ctex or xeCJK\n";
  for (const std::string& line : runs_table_remarks(reports)) out += "% " + line + "\n";
  out += latex_head(table.columns, numeric_columns(table));
  for (const std::vector<std::string>& line : indented_lines(table)) out += latex_row(line);
  out += latex_end();
  for (const std::string& note : table.notes) out += "% " + note + "\n";
  return out;
}

}  // namespace flm
