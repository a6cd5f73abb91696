#include "reports/views/terminal.h"

#include <algorithm>

#include "reports/figures/display_width.h"
#include "reports/views/table.h"

namespace flm {
namespace {

constexpr std::size_t kGap = 2;

std::string spaces(std::size_t count) { return std::string(count, ' '); }

std::string without_trailing_spaces(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

/// Cells from `first` on, each as wide as its column.
std::string aligned(const Table& table, const std::vector<std::string>& cells,
                    const std::vector<std::size_t>& widths, std::size_t first) {
  std::string line;
  for (std::size_t c = first; c < cells.size(); ++c) {
    const std::string padding = spaces(widths[c] - display_width(cells[c]));
    if (c > first) line += spaces(kGap);
    line += table.numeric[c] ? padding + cells[c] : cells[c] + padding;
  }
  return line;
}

std::vector<std::size_t> widths_of(const Table& table) {
  std::vector<std::size_t> widths;
  for (const std::string& name : table.columns) widths.push_back(display_width(name));
  for (const TableLine& line : table.lines)
    for (std::size_t c = 0; c < line.cells.size(); ++c)
      widths[c] = std::max(widths[c], display_width(line.cells[c]));
  return widths;
}

std::size_t total(const std::vector<std::size_t>& widths) {
  std::size_t sum = 0;
  for (std::size_t width : widths) sum += width + kGap;
  return sum - kGap;
}

/// Nothing is cut: where the table is too wide, names stand on lines of their own.
std::string render_lines(const Table& table, bool names_apart) {
  const std::vector<std::size_t> widths = widths_of(table);
  std::string out;
  if (!names_apart) {
    out += without_trailing_spaces(aligned(table, table.columns, widths, 0));
    for (const TableLine& line : table.lines)
      out += without_trailing_spaces(aligned(table, line.cells, widths, 0));
    return out;
  }
  out += without_trailing_spaces(spaces(kGap) + aligned(table, table.columns, widths, 1));
  for (const TableLine& line : table.lines) {
    if (!line.cells[0].empty()) out += line.cells[0] + "\n";
    out += without_trailing_spaces(spaces(kGap) + aligned(table, line.cells, widths, 1));
  }
  return out;
}

}  // namespace

std::string render_terminal(const Report& report, int columns) {
  Table table = make_table(report);
  for (TableLine& line : table.lines)
    if (!line.cells[0].empty())
      line.cells[0] = spaces(2 * static_cast<std::size_t>(line.depth)) + line.cells[0];
  std::string out;
  for (const std::string& line : headline(report)) out += line + "\n";
  out += "\n";
  const bool apart = columns > 0 && total(widths_of(table)) > static_cast<std::size_t>(columns);
  out += render_lines(table, apart);
  if (!report.notes.empty()) out += "\n";
  for (const std::string& note : report.notes) out += "note: " + terminal_safe(note) + "\n";
  return out;
}

}  // namespace flm
