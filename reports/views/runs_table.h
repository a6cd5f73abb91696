// Several runs in one table: a row for each figure, a column for each run.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/report.h"

namespace flm {

struct RunsTable {
  std::vector<std::string> columns;             // Task, Metric, then the runs
  std::vector<std::vector<std::string>> lines;  // [columns]; "" where a run lacks the figure
};

/// With `all` the tasks below groups, too. Each figure has the digits that its error supports, or
/// `digits` after the point.
RunsTable make_runs_table(const std::vector<Report>& reports, bool all, std::optional<int> digits);

/// What tells the runs apart, one line each: heading, id, weights, date, warnings.
std::vector<std::string> runs_table_remarks(const std::vector<Report>& reports);

std::string runs_table_text(const std::vector<Report>& reports, bool all, std::optional<int> digits,
                            int columns);
std::string runs_table_markdown(const std::vector<Report>& reports, bool all,
                                std::optional<int> digits);
/// booktabs; what tells the runs apart stands in comments.
std::string runs_table_latex(const std::vector<Report>& reports, bool all,
                             std::optional<int> digits);

}  // namespace flm
