#include "reports/views/markdown.h"

#include "reports/figures/display_width.h"
#include "reports/figures/markdown_text.h"
#include "reports/views/headline.h"
#include "reports/views/table.h"

namespace flm {

std::string render_markdown(const Report& report) {
  const Table table = make_table(report);
  std::string out;
  for (const std::string& warning : report.warnings)
    out += "**" + markdown_text(terminal_safe(warning)) + "**\n\n";
  for (const std::string& line : headline(report)) out += markdown_text(line) + "\n\n";
  out += markdown_head(table.columns, table.numeric);
  for (const TableLine& line : table.lines) out += markdown_row(line.cells, line.depth);
  if (!report.notes.empty()) out += "\n";
  for (const std::string& note : report.notes)
    out += "- " + markdown_text(terminal_safe(note)) + "\n";
  return out;
}

}  // namespace flm
