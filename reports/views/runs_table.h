// Several runs in one table: a row for each figure, a column for each run.
#pragma once

#include <string>
#include <vector>

#include "reports/report.h"

namespace flm {

struct RunsTable {
  std::vector<std::string> columns;             // Task, Metric, Shots, then the runs
  std::vector<std::vector<std::string>> lines;  // [columns]; "" where a run lacks the figure, and
                                                // for the name of the task of the line above
  std::vector<int> depths;                      // [lines] below groups
  std::vector<std::string> notes;               // "±: one standard error"; "[1] no items yet":
                                                // what a figure's mark means
};

/// With `all` the tasks below groups, too. A task that stands in several groups stands in each.
RunsTable make_runs_table(const std::vector<Report>& reports, bool all);

/// What tells the runs apart, one line each: heading, id, weights, date, warnings. Then what is not
/// alike in the runs that stand in one row.
std::vector<std::string> runs_table_remarks(const std::vector<Report>& reports);

std::string runs_table_text(const std::vector<Report>& reports, bool all, int columns);
std::string runs_table_markdown(const std::vector<Report>& reports, bool all);
/// booktabs; what tells the runs apart stands in comments.
std::string runs_table_latex(const std::vector<Report>& reports, bool all);

}  // namespace flm
