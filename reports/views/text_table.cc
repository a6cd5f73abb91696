#include "reports/views/text_table.h"

#include <algorithm>
#include <cstddef>

#include "reports/figures/display_width.h"
#include "reports/figures/wrapped_text.h"

namespace flm {
namespace {

constexpr std::size_t kGap = 2;
constexpr int kPage = 80;

std::vector<std::size_t> widths_of(const TextTable& table) {
  std::vector<std::size_t> widths;
  for (const TextColumn& column : table.columns) widths.push_back(display_width(column.name));
  for (const auto& line : table.lines)
    for (std::size_t c = 0; c < line.size(); ++c)
      widths[c] = std::max(widths[c], display_width(line[c]));
  return widths;
}

std::size_t total(const std::vector<std::size_t>& widths, const std::vector<bool>& shown) {
  std::size_t sum = 0;
  for (std::size_t c = 0; c < widths.size(); ++c)
    if (shown[c]) sum += widths[c] + kGap;
  return sum < kGap ? 0 : sum - kGap;
}

std::string without_trailing_spaces(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

/// How many of the first columns must stand on lines of their own, each further in, so that the
/// others fit: as few as can be, and never the last.
std::size_t columns_apart(const std::vector<std::size_t>& widths,
                          const std::vector<std::size_t>& shown, int columns) {
  std::size_t width = 0;
  for (std::size_t c : shown) width += widths[c] + kGap;
  std::size_t apart = 0;  // the indentation takes the place of the gap behind
  while (columns > 0 && apart + 1 < shown.size() &&
         width > static_cast<std::size_t>(columns) + kGap)
    width -= widths[shown[apart++]];
  return apart;
}

/// Writes lines of the shown columns, the first `apart` of them on lines of their own.
class LineWriter {
 public:
  LineWriter(const TextTable& table, const std::vector<std::size_t>& shown, int columns)
      : table_(table),
        shown_(shown),
        widths_(widths_of(table)),
        columns_(columns),
        apart_(columns_apart(widths_, shown, columns)) {}

  std::string heading() const {
    std::vector<std::string> names;
    for (const TextColumn& column : table_.columns) names.push_back(column.name);
    return rest_of(names);
  }

  std::string line(const std::vector<std::string>& cells) const {
    std::string out;
    for (std::size_t i = 0; i < apart_; ++i) {
      const std::string& cell = cells[shown_[i]];
      if (!cell.empty()) out += apart_line(std::string(i * kGap, ' ') + cell, i * kGap);
    }
    return out + rest_of(cells);
  }

 private:
  /// A name is left whole for copying where a page has its usual width, and broken below that.
  std::string apart_line(const std::string& line, std::size_t indent) const {
    const bool narrow = columns_ > 0 && columns_ < kPage;
    return narrow ? fitted(line, columns_, indent) : without_trailing_spaces(line);
  }

  std::string rest_of(const std::vector<std::string>& cells) const {
    return without_trailing_spaces(std::string(apart_ * kGap, ' ') + aligned(cells, apart_));
  }

  std::string aligned(const std::vector<std::string>& cells, std::size_t first) const {
    std::string out;
    for (std::size_t i = first; i < shown_.size(); ++i) {
      const std::size_t c = shown_[i];
      const std::string padding(widths_[c] - display_width(cells[c]), ' ');
      if (i > first) out.append(kGap, ' ');
      out += table_.columns[c].numeric ? padding + cells[c] : cells[c] + padding;
    }
    return out;
  }

  const TextTable& table_;
  const std::vector<std::size_t>& shown_;
  std::vector<std::size_t> widths_;
  int columns_;
  std::size_t apart_;
};

/// Indices of the columns that may be left out, the first to go first.
std::vector<std::size_t> order_of_leaving(const TextTable& table) {
  std::vector<std::size_t> order;
  for (std::size_t c = 0; c < table.columns.size(); ++c)
    if (table.columns[c].drop > 0) order.push_back(c);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return table.columns[a].drop < table.columns[b].drop;
  });
  return order;
}

}  // namespace

std::vector<std::size_t> fitting_columns(const TextTable& table, int columns) {
  const std::vector<std::size_t> order = order_of_leaving(table);
  std::vector<std::size_t> widths = widths_of(table);
  std::vector<bool> shown(table.columns.size(), true);
  const auto fits = [&] {
    return columns <= 0 || total(widths, shown) <= static_cast<std::size_t>(columns);
  };
  std::size_t left = 0;
  for (; left < order.size() && !fits(); ++left) shown[order[left]] = false;
  if (!fits() && !widths.empty()) widths[0] = 0;  // it will stand apart
  while (left-- > 0) {
    shown[order[left]] = true;
    if (!fits()) shown[order[left]] = false;
  }
  std::vector<std::size_t> out;
  for (std::size_t c = 0; c < shown.size(); ++c)
    if (shown[c]) out.push_back(c);
  return out;
}

std::size_t text_table_width(const TextTable& table, const std::vector<std::size_t>& shown) {
  std::vector<bool> flags(table.columns.size(), false);
  for (std::size_t c : shown) flags[c] = true;
  return total(widths_of(table), flags);
}

std::string render_text_table(const TextTable& table, const std::vector<std::size_t>& shown,
                              int columns) {
  const LineWriter writer(table, shown, columns);
  std::string out = writer.heading();
  for (const auto& line : table.lines) out += writer.line(line);
  return out;
}

}  // namespace flm
