// Tables of results and comparisons, for the terminal and as Markdown.
#pragma once

#include <string>
#include <vector>

#include "bench/cases/row.h"
#include "bench/results/result_file.h"

namespace flm::bench {

/// A table: the first row is the head; numbers are set to the right.
std::string text_table(const std::vector<std::vector<std::string>>& cells);

/// The same in at most `columns` (0: any number): columns of which `first_to_go` has the heads go
/// one after another, and where that is not enough each row's name stands on a line of its own.
std::string fitted_table(std::vector<std::vector<std::string>> cells,
                         const std::vector<std::string>& first_to_go, std::size_t columns);
std::string markdown_table(const std::vector<std::vector<std::string>>& cells);

/// A busy machine first; name, median, interval, rates, percent of the ceiling and of the data
/// sheet in at most `columns` (0: any number); then the rows without a time with their reasons, the
/// measured ceilings and the environment.
std::string results_text(const ResultFile& file, std::size_t columns = 0);
std::string results_markdown(const ResultFile& file);

/// What there is to run, one line a row.
std::string list_text(const std::vector<Row>& rows, std::size_t columns);
std::string list_json(const std::vector<Row>& rows);

/// "12.3 us", three significant digits.
std::string time_text(double seconds);
std::string fixed(double value, int digits);

}  // namespace flm::bench
