#include "reports/views/markdown.h"

#include "reports/figures/display_width.h"
#include "reports/views/table.h"

namespace flm {
namespace {

/// Names and messages show as they are, whatever they hold.
std::string escaped(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      if (std::string("\\`*_[]|>#~").find(c) != std::string::npos) out += '\\';
      out += c;
    }
  }
  return out;
}

std::string line_of(const std::vector<std::string>& cells, int depth) {
  std::string out = "|";
  for (std::size_t c = 0; c < cells.size(); ++c) {
    std::string indent;
    if (c == 0 && !cells[c].empty())
      for (int d = 0; d < depth; ++d) indent += "&nbsp;&nbsp;";
    out += " " + indent + escaped(cells[c]) + " |";
  }
  return out + "\n";
}

}  // namespace

std::string render_markdown(const Report& report) {
  const Table table = make_table(report);
  std::string out;
  for (const std::string& line : headline(report)) out += escaped(line) + "\n\n";
  out += line_of(table.columns, 0) + "|";
  for (bool numeric : table.numeric) out += numeric ? " ---: |" : " --- |";
  out += "\n";
  for (const TableLine& line : table.lines) out += line_of(line.cells, line.depth);
  if (!report.notes.empty()) out += "\n";
  for (const std::string& note : report.notes) out += "- " + escaped(terminal_safe(note)) + "\n";
  return out;
}

}  // namespace flm
