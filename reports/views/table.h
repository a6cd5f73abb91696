// The table of scores that the terminal and Markdown share.
#pragma once

#include <string>
#include <vector>

#include "reports/report.h"

namespace flm {

struct TableLine {
  int depth = 0;
  std::vector<std::string> cells;  // one a column, UTF-8 without control characters
};

struct Table {
  std::vector<std::string> columns;  // Task first
  std::vector<bool> numeric;         // by column: aligned to the right
  std::vector<TableLine> lines;
};

/// One line a score; a row's name stands on its first line only. The filter and the number of
/// few-shot examples have columns only where they tell something.
Table make_table(const Report& report);

}  // namespace flm
