#include "bench/views/views.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/documents/json.h"
#include "bench/views/strict.h"

namespace flm::bench {
namespace {

using Cells = std::vector<std::vector<std::string>>;

std::string counter(const ResultRow& row, const char* name, int digits) {
  const auto found = row.counters.find(name);
  return found == row.counters.end() ? "-" : fixed(found->second, digits);
}

/// Three digits also of what takes a few nanoseconds.
std::string microseconds(const ResultRow& row, const char* name) {
  const auto found = row.counters.find(name);
  if (found == row.counters.end()) return "-";
  const double time = found->second;
  return fixed(time, time < 0.1 ? 4 : time < 1 ? 3 : time < 10 ? 2 : 1);
}

double value(const ResultRow& row, const char* name) {
  const auto found = row.counters.find(name);
  return found == row.counters.end() ? 0 : found->second;
}

Cells result_cells(const ResultFile& file) {
  Cells cells = {{"row", "median", "+-95%", "n", "stop", "GFLOP/s", "GB/s", "bound", "ceiling us",
                  "% ceiling", "% best", "sheet us", "% sheet", "error/tol"}};
  for (const ResultRow& row : file.rows) {
    if (row.seconds.empty()) continue;
    const bool floored = row.counters.contains("floor_us");
    cells.push_back(
        {row.name, time_text(value(row, "median_us") * 1e-6),
         row.counters.contains("ci_rel") ? fixed(100 * value(row, "ci_rel"), 2) + "%" : "-",
         counter(row, "n", 0), value(row, "capped") != 0 ? "wall" : "interval",
         counter(row, "GFLOPs", 1), counter(row, "GBps", 1),
         !floored                          ? "-"
         : value(row, "memory_bound") != 0 ? "memory"
                                           : "compute",
         microseconds(row, "floor_us"), counter(row, "pct_roof", 1),
         counter(row, "pct_roof_best", 1), microseconds(row, "sheet_us"),
         counter(row, "pct_sheet", 1), counter(row, "max_err", 3)});
  }
  return cells;
}

Cells failure_cells(const ResultFile& file) {
  Cells cells = {{"row", "no time because"}};
  for (const ResultRow& row : file.rows)
    if (row.seconds.empty()) cells.push_back({row.name, row.error});
  return cells;
}

Cells ceiling_cells(const ResultFile& file) {
  Cells cells = {{"ceiling", "measured"}};
  for (const auto& [name, rate] : stored_ceilings(file)) {
    const bool arithmetic =
        name.starts_with("fma") || name.starts_with("dot") || name.starts_with("cuda/gemm");
    cells.push_back({name, fixed(rate / 1e9, 1) + (arithmetic ? " GFLOP/s" : " GB/s")});
  }
  return cells;
}

Cells environment_cells(const ResultFile& file) {
  Cells cells = {{"fact", "value"}};
  for (const auto& [key, fact] : file.context) {
    if (key.starts_with("ceiling/")) continue;
    // Google's name for how Google Benchmark was built reads as if it were our build.
    cells.push_back({key == "library_build_type" ? "google_benchmark_build" : key, fact});
  }
  return cells;
}

/// Without the columns in which nothing but "-" stands.
Cells without_empty_columns(Cells cells) {
  for (std::size_t c = cells.front().size(); c-- > 1;)
    if (cells.size() > 1 &&
        std::all_of(cells.begin() + 1, cells.end(), [&](const auto& row) { return row[c] == "-"; }))
      for (auto& row : cells) row.erase(row.begin() + static_cast<std::ptrdiff_t>(c));
  return cells;
}

/// One command a row, on lines of its own: they are for copying.
std::string repro_lines(const ResultFile& file, const char* indent) {
  std::string text;
  for (const ResultRow& row : file.rows)
    if (!row.repro.empty() && !is_skipped(row)) text += indent + row.repro + "\n";
  return text;
}

std::string summary(const ResultFile& file) {
  std::size_t passed = 0, skipped = 0;
  for (const ResultRow& row : file.rows) {
    passed += !row.seconds.empty();
    skipped += is_skipped(row);
  }
  return std::to_string(passed) + " passed, " +
         std::to_string(file.rows.size() - passed - skipped) + " failed, " +
         std::to_string(skipped) + " skipped; " + std::to_string(count_of_wide(file)) +
         " stopped by wall time before their interval was narrow\n";
}

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::string space(width > text.size() ? width - text.size() : 0, ' ');
  return right ? space + text : text + space;
}

}  // namespace

std::string fixed(double number, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, number);
  return text;
}

std::string time_text(double seconds) {
  for (const auto& [unit, scale] : {std::pair{"s", 1.0}, {"ms", 1e-3}, {"us", 1e-6}})
    if (seconds >= scale) {
      const double number = seconds / scale;
      return fixed(number, number < 10 ? 2 : number < 100 ? 1 : 0) + " " + unit;
    }
  return fixed(seconds * 1e9, 0) + " ns";
}

std::size_t width_of(const Cells& cells) {
  const std::string table = text_table(cells);
  std::size_t width = 0;
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) width = std::max(width, line.size());
  return width;
}

std::string text_table(const Cells& cells) {
  std::vector<std::size_t> widths(cells.front().size());
  for (const auto& row : cells)
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], row[c].size());
  std::string text;
  for (const auto& row : cells) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      const bool last_left = c + 1 == row.size() && row.size() == 2;
      text += last_left ? row[c] : padded(row[c], widths[c], c > 0);
      text += c + 1 == row.size() ? "\n" : "  ";
    }
  }
  return text;
}

/// In lines of `columns`.
std::string broken(const std::string& name, std::size_t columns) {
  std::string text;
  for (std::size_t at = 0; at < name.size(); at += columns) text += name.substr(at, columns) + "\n";
  return text;
}

/// Each name on lines of its own, its figures below.
std::string names_apart(const Cells& cells, std::size_t columns) {
  std::string text, line;
  Cells figures = cells;
  for (auto& row : figures) row.front() = " ";
  std::istringstream lines(text_table(figures));
  for (const auto& row : cells) {
    std::getline(lines, line);
    text += broken(row.front(), columns) + line + "\n";
  }
  return text;
}

std::string fitted_table(Cells cells, const std::vector<std::string>& first_to_go,
                         std::size_t columns) {
  for (std::size_t i = 0; columns > 0 && width_of(cells) > columns && i < first_to_go.size(); ++i) {
    const auto found = std::find(cells.front().begin(), cells.front().end(), first_to_go[i]);
    if (found == cells.front().end()) continue;
    const auto index = found - cells.front().begin();
    for (auto& row : cells) row.erase(row.begin() + index);
  }
  if (columns == 0 || width_of(cells) <= columns) return text_table(cells);
  return names_apart(cells, columns);
}

std::string markdown_table(const Cells& cells) {
  std::string text;
  for (std::size_t r = 0; r < cells.size(); ++r) {
    text += "|";
    for (const std::string& cell : cells[r]) text += " " + cell + " |";
    text += "\n";
    if (r > 0) continue;
    for (std::size_t c = 0; c < cells[r].size(); ++c) text += c == 0 ? "| --- |" : " ---: |";
    text += "\n";
  }
  return text;
}

std::string results_text(const ResultFile& file, std::size_t columns) {
  std::string text;
  for (const std::string& warning : warnings_of(file)) text += warning + "\n\n";
  text += fitted_table(without_empty_columns(result_cells(file)),
                       {"error/tol", "n", "stop", "% best", "sheet us", "ceiling us", "GB/s",
                        "GFLOP/s", "% sheet", "bound"},
                       columns);
  if (failure_cells(file).size() > 1) text += "\n" + text_table(failure_cells(file));
  if (const std::string lines = repro_lines(file, "  "); !lines.empty())
    text += "\none row again\n" + lines;
  text += "\n" + text_table(ceiling_cells(file)) + "\n" + text_table(environment_cells(file));
  return text + "\n" + summary(file);
}

std::string results_markdown(const ResultFile& file) {
  std::string text = "# Kernel benchmarks\n\n" + summary(file);
  for (const std::string& warning : warnings_of(file)) text += "\n**" + warning + "**\n";
  text += "\n![roofline](roofline.svg)\n\n";
  text += "## Rows\n\n" + markdown_table(result_cells(file));
  if (failure_cells(file).size() > 1)
    text += "\n## Rows without a time\n\n" + markdown_table(failure_cells(file));
  text += "\n## Measured ceilings\n\n" + markdown_table(ceiling_cells(file));
  text += "\n## Environment\n\n" + markdown_table(environment_cells(file));
  text += "\n## One row again\n\n" + repro_lines(file, "    ");
  return text;
}

/// A list has few figures and long names: the names stand apart before a figure is left out.
std::string fitted_list(Cells cells, const std::vector<std::string>& first_to_go,
                        std::size_t columns) {
  if (columns == 0 || width_of(cells) <= columns) return text_table(cells);
  for (const std::string& name : first_to_go) {
    Cells figures = cells;
    for (auto& row : figures) row.front() = " ";
    if (width_of(figures) <= columns) break;
    const auto index = std::find(cells.front().begin(), cells.front().end(), name);
    const auto place = index - cells.front().begin();
    for (auto& row : cells) row.erase(row.begin() + place);
  }
  return names_apart(cells, columns);
}

std::string list_text(const std::vector<Row>& rows, std::size_t columns) {
  Cells cells = {{"row", "FLOP", "bytes", "FLOP/byte", "default set"}};
  for (const Row& row : rows) {
    char flops[32], bytes[32];
    std::snprintf(flops, sizeof flops, "%.4g", row.cost.flops);
    std::snprintf(bytes, sizeof bytes, "%.4g", row.cost.bytes());
    cells.push_back({row.name(), flops, bytes, fixed(row.cost.flops / row.cost.bytes(), 2),
                     row.standard ? "yes" : "--full"});
  }
  return fitted_list(std::move(cells), {"FLOP/byte", "bytes", "FLOP"}, columns);
}

std::string list_json(const std::vector<Row>& rows) {
  Json list = Json::array();
  for (const Row& row : rows)
    list.push_back({{"name", row.name()},
                    {"op", row.op},
                    {"model", row.model},
                    {"device", row.device},
                    {"dtype", row.dtype},
                    {"shape", row.shape},
                    {"cache", row.cold ? "cold" : "hot"},
                    {"threads", row.threads},
                    {"default_set", row.standard},
                    {"flops", row.cost.flops},
                    {"bytes", row.cost.bytes()}});
  return compact_json(list) + "\n";
}

}  // namespace flm::bench
