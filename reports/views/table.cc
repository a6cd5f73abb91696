#include "reports/views/table.h"

#include <algorithm>
#include <utility>

#include "reports/figures/display_width.h"
#include "reports/figures/figures.h"
#include "reports/figures/row_text.h"
#include "reports/figures/shown_figures.h"

namespace flm {
namespace {

bool any_score(const Report& report, bool (*test)(const Score&)) {
  return std::any_of(report.rows.begin(), report.rows.end(), [&](const ReportRow& row) {
    return std::any_of(row.scores.begin(), row.scores.end(), test);
  });
}

std::string direction(const Score& score) { return score.higher_is_better ? "↑" : "↓"; }

class TableMaker {
 public:
  explicit TableMaker(const Report& report) : report_(report) {
    filters_ = any_score(report, [](const Score& s) { return s.filter != "none"; });
    reasons_ = any_score(report, [](const Score& s) { return !remark_text(s).empty(); });
  }

  Table make() {
    add_columns();
    for (std::size_t r = 0; r < report_.rows.size(); ++r) {
      const std::vector<Score>& scores = report_.rows[r].scores;
      if (scores.empty()) add_line(r, true, nullptr);
      bool first = true;
      for (const Score& score : scores) {
        if (!score.beside) add_line(r, std::exchange(first, false), &score);
      }
    }
    return std::move(table_);
  }

 private:
  void add_column(const std::string& name, bool numeric) {
    table_.columns.push_back(name);
    table_.numeric.push_back(numeric);
  }

  void add_columns() {
    add_column("Task", false);
    add_column("Shots", true);
    if (filters_) add_column("Filter", false);
    add_column("Metric", false);
    add_column("", false);
    add_column("Value", true);
    add_column("SE", true);
    add_column("95% interval", true);
    add_column("n", true);
    if (reasons_) add_column("Remark", false);
  }

  void add_line(std::size_t index, bool first, const Score* score) {
    const ReportRow& row = report_.rows[index];
    TableLine line{row.depth, {}};
    line.cells.push_back(first ? terminal_safe(row_name(row)) : "");
    line.cells.push_back(first ? row_shots(report_, index) : "");
    if (score) {
      if (filters_) line.cells.push_back(terminal_safe(score->filter));
      line.cells.push_back(terminal_safe(metric_with_unit(*score)));
      line.cells.push_back(direction(*score));
      line.cells.push_back(value_text(*score));
      line.cells.push_back(error_text(*score));
      line.cells.push_back(interval_text(*score));
      line.cells.push_back(std::to_string(score->n));
      if (reasons_) line.cells.push_back(terminal_safe(remark_text(*score)));
    }
    line.cells.resize(table_.columns.size());
    table_.lines.push_back(std::move(line));
  }

  const Report& report_;
  bool filters_ = false, reasons_ = false;
  Table table_;
};

}  // namespace

Table make_table(const Report& report) { return TableMaker(report).make(); }

}  // namespace flm
