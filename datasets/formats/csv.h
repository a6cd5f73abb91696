// RFC 4180 tables.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace flm {

struct CsvRecord {
  int line = 0;  // where it begins, 1-based
  std::vector<std::string> cells;
};

/// Records of a table: cells may be quoted with ", doubled quotes inside; a cell may hold line
/// ends; lines end in \n, \r\n or \r; a byte order mark and empty lines are passed over. A quote
/// that never closes, text after a closing quote, or bytes that are not UTF-8 is a UserError
/// "ORIGIN:line: ...". A quote inside an unquoted cell is an ordinary character. No more than
/// `most` are read.
std::vector<CsvRecord> parse_csv(std::string_view text, char separator, const std::string& origin,
                                 std::size_t most = std::numeric_limits<std::size_t>::max());

/// Tab-separated values: no quoting, one record a line.
std::vector<CsvRecord> parse_tsv(std::string_view text, const std::string& origin);

}  // namespace flm
