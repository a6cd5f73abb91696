#include "reports/views/latex.h"

#include "reports/figures/display_width.h"
#include "reports/views/chance.h"
#include "reports/views/headline.h"
#include "reports/views/latex_text.h"
#include "reports/views/table.h"

namespace flm {
namespace {

std::string comment(const std::string& text) { return "% " + terminal_safe(text) + "\n"; }

}  // namespace

std::string render_latex(const Report& report) {
  const Table table = make_table(report);
  std::string out = comment("packages: booktabs, amssymb; names in Chinese: ctex or xeCJK");
  for (const std::string& text : report.warnings) out += comment(text);
  for (const std::string& text : headline(report)) out += comment(text);
  out += latex_head(table.columns, table.numeric);
  for (const TableLine& line : table.lines) {
    std::vector<std::string> cells = line.cells;
    if (!cells[0].empty()) cells[0].insert(0, 2 * static_cast<std::size_t>(line.depth), ' ');
    out += latex_row(cells);
  }
  out += latex_end();
  if (const std::string chance = chance_line(report); !chance.empty()) out += comment(chance);
  for (const std::string& note : report.notes) out += comment(note);
  return out;
}

}  // namespace flm
