// The registry: every row there is. Tests and benchmarks read the same one.
#pragma once

#include <regex>
#include <string>
#include <vector>

#include "bench/cases/row.h"

namespace flm::bench {

struct RowChoice {
  std::string filter;  // regular expression, searched in the name
  std::string dtype;   // "" every one
  int threads = 0;     // 0: one core and all cores
  bool full = false;   // also the rows outside the default set
};

/// Of names of rows, searched in time that grows with the name's length as a polynomial at most.
/// UserError with the flag that brought it when `text` is no regular expression.
std::regex row_expression(const std::string& text, const std::string& flag);

/// --filter, --dtype and --threads over names of rows, which hold all that is asked for.
class RowFilter {
 public:
  /// UserError when the filter is no regular expression.
  explicit RowFilter(const RowChoice& choice);
  bool finds(const std::string& name) const;

 private:
  std::regex pattern_;
  std::string dtype_, threads_;  // as they stand in a name; "" every one
};

/// Every row of this build, for 1 and `all_threads` threads.
std::vector<Row> every_row(int all_threads);

/// UserError when the filter is no regular expression or nothing is chosen.
std::vector<Row> chosen_rows(const std::vector<Row>& rows, const RowChoice& choice);

/// What the filter finds and the default set lacks, as a line with how to have it; empty where
/// nothing is left out, where there is no filter, and with --full.
std::string left_out(const std::vector<Row>& rows, const RowChoice& choice);

}  // namespace flm::bench
