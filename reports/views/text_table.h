// A table in the columns of a terminal: aligned by display width, also for Chinese. What does not
// fit is left out column by column in an order that its maker gives, and the maker is told.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace flm {

struct TextColumn {
  std::string name;
  bool numeric = false;  // aligned to the right
  int drop = 0;          // 0: always shown; else the lowest goes first where the table is too wide
};

struct TextTable {
  std::vector<TextColumn> columns;
  std::vector<std::vector<std::string>> lines;  // [columns], UTF-8 without control characters
};

/// The columns (ascending indices) that stand in `columns` of a terminal (0: no limit). Where
/// several were left out and one of them fits after all, the last left out comes back first.
std::vector<std::size_t> fitting_columns(const TextTable& table, int columns);

std::size_t text_table_width(const TextTable& table, const std::vector<std::size_t>& shown);

/// Those columns alone. Where they are still too wide, the first stands on a line of its own, and
/// where that is not enough the next as well: no cell is cut, but on less than 80 columns what
/// stands on a line of its own is broken where it is longer.
std::string render_text_table(const TextTable& table, const std::vector<std::size_t>& shown,
                              int columns);

}  // namespace flm
