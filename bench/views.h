// Tables of results and comparisons, for the terminal and as Markdown.
#pragma once

#include <string>
#include <vector>

#include "bench/result_file.h"
#include "bench/row.h"

namespace flm::bench {

/// A table: the first row is the head; numbers are set to the right.
std::string text_table(const std::vector<std::vector<std::string>>& cells);
std::string markdown_table(const std::vector<std::vector<std::string>>& cells);

/// Name, median, interval, rates, percent of the ceiling and of the data sheet; then the rows
/// without a time with their reasons, and the measured ceilings.
std::string results_text(const ResultFile& file);
std::string results_markdown(const ResultFile& file);

/// What there is to run, one line a row.
std::string list_text(const std::vector<Row>& rows);
std::string list_json(const std::vector<Row>& rows);

/// "12.3 us", three significant digits.
std::string time_text(double seconds);
std::string fixed(double value, int digits);

}  // namespace flm::bench
