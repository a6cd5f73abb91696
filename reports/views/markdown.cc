#include "reports/views/markdown.h"

#include "reports/figures/display_width.h"
#include "reports/figures/markdown_text.h"
#include "reports/figures/provenance.h"
#include "reports/figures/row_text.h"
#include "reports/views/chance.h"
#include "reports/views/headline.h"
#include "reports/views/table.h"

namespace flm {

namespace {

constexpr std::size_t kHashDigits = 12;

/// How the figures were made, and of which data: without it a table cannot be shared.
std::string provenance_tables(const Report& report) {
  std::string out = "\n## How it was made\n\n" + markdown_head({"", ""}, {false, false});
  for (const auto& [name, text] : provenance(report)) out += markdown_row({name, text}, 0);
  out += "\n## Data\n\n" +
         markdown_head({"Task", "Version", "Shots", "Items", "Of", "Data", "Prompts", "Task file"},
                       {false, false, true, true, true, false, false, false});
  for (const TaskRecord& task : report.tasks) {
    const std::string data =
        task.data_hash.substr(0, kHashDigits) + (task.builtin_sample ? " (built-in sample)" : "");
    out += markdown_row(
        {terminal_safe(task.task), terminal_safe(version_text(task)),
         std::to_string(task.num_fewshot), std::to_string(task.docs_chosen),
         std::to_string(task.docs_total), data, task.prompts_hash.substr(0, kHashDigits),
         task.spec_hash.substr(0, kHashDigits)},
        0);
  }
  return out;
}

}  // namespace

std::string render_markdown(const Report& report) {
  const Table table = make_table(report);
  std::string out;
  for (const std::string& warning : report.warnings)
    out += "**" + markdown_text(terminal_safe(warning)) + "**\n\n";
  for (const std::string& line : headline(report)) out += markdown_text(line) + "\n\n";
  out += markdown_head(table.columns, table.numeric);
  for (const TableLine& line : table.lines) out += markdown_row(line.cells, line.depth);
  const std::string chance = chance_line(report);
  if (!report.notes.empty() || !chance.empty()) out += "\n";
  if (!chance.empty()) out += "- " + markdown_text(chance) + "\n";
  for (const std::string& note : report.notes)
    out += "- " + markdown_text(terminal_safe(note)) + "\n";
  return out + provenance_tables(report);
}

}  // namespace flm
