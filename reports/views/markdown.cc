#include "reports/views/markdown.h"

#include "reports/figures/display_width.h"
#include "reports/figures/markdown_text.h"
#include "reports/views/table.h"

namespace flm {
namespace {

std::string line_of(const std::vector<std::string>& cells, int depth) {
  std::string out = "|";
  for (std::size_t c = 0; c < cells.size(); ++c) {
    std::string indent;
    if (c == 0 && !cells[c].empty())
      for (int d = 0; d < depth; ++d) indent += "&nbsp;&nbsp;";
    out += " " + indent + markdown_escaped(cells[c]) + " |";
  }
  return out + "\n";
}

}  // namespace

std::string render_markdown(const Report& report) {
  const Table table = make_table(report);
  std::string out;
  for (const std::string& line : headline(report)) out += markdown_escaped(line) + "\n\n";
  out += line_of(table.columns, 0) + "|";
  for (bool numeric : table.numeric) out += numeric ? " ---: |" : " --- |";
  out += "\n";
  for (const TableLine& line : table.lines) out += line_of(line.cells, line.depth);
  if (!report.notes.empty()) out += "\n";
  for (const std::string& note : report.notes)
    out += "- " + markdown_escaped(terminal_safe(note)) + "\n";
  return out;
}

}  // namespace flm
