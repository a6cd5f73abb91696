// Which rows, figures and notes of a report a screen shows: a group that has a figure stands for
// the tasks below it. What is left out is counted.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "reports/report.h"

namespace flm {

struct ShownRow {
  const ReportRow* row = nullptr;
  std::vector<const Score*> scores;
  std::string shots;            // of a group: "5", or "0-5" where its tasks differ
  bool builtin_sample = false;  // of a group: of any task below it
};

struct ShownRows {
  std::vector<ShownRow> rows;
  std::vector<std::string> notes;
  std::vector<std::pair<std::string, std::size_t>>
      folded;  // highest row with a figure, tasks below
  std::size_t folded_figures = 0, folded_notes = 0;
  std::int64_t folded_flagged = 0, folded_failed = 0;  // items of the tasks left out
};

/// With `all`, everything but the scores that stand beside a task file's.
ShownRows shown_rows(const Report& report, bool all);

/// "57 tasks below mmlu, 1 more figure": what is left out; "" where nothing is.
std::string folded_text(const ShownRows& shown);

/// The name that people see, without control characters.
std::string shown_name(const ReportRow& row);

}  // namespace flm
