// LongProc: tables taken out of HTML pages, row by row.
#include <algorithm>
#include <optional>
#include <set>

#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/native/squad_text.h"
#include "tasks/native/tab_table.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

struct PageTable {
  std::size_t columns = 0;
  std::vector<TextRow> rows;
};

/// Normalised cells below the header. A last row of another length is dropped, others are "N/A".
std::optional<PageTable> page_table(const std::string& text) {
  const auto lines = tab_separated(python_strip(text));
  if (!lines || lines->empty()) return std::nullopt;
  const TextRow& header = lines->front();
  if (std::set<std::string>(header.begin(), header.end()).size() != header.size())
    return std::nullopt;
  PageTable table = {header.size(), {lines->begin() + 1, lines->end()}};
  if (!table.rows.empty() && table.rows.back().size() != table.columns) table.rows.pop_back();
  for (TextRow& row : table.rows) {
    if (row.size() != table.columns) row.assign(table.columns, "N/A");
    for (std::string& cell : row) cell = python_replace(squad_normalised(cell), " ", "");
  }
  return table;
}

/// The share of a's rows that b has.
double rows_found(const PageTable& a, const PageTable& b) {
  const std::set<TextRow> there(b.rows.begin(), b.rows.end());
  const auto found = std::count_if(a.rows.begin(), a.rows.end(),
                                   [&](const TextRow& row) { return there.count(row) > 0; });
  return static_cast<double>(found) / static_cast<double>(a.rows.size());
}

/// Between the fences, or behind one that is not closed.
std::string fenced_table(const std::string& said) {
  static const std::string open = "```tsv", close = "```";
  const std::size_t begin = said.find(open), end = said.rfind(close);
  if (begin == std::string::npos) return said;
  const std::size_t from = begin + open.size();
  if (end >= from) return said.substr(from, end - from);
  return python_split(said, open, -1).at(1);
}

MetricValues table_scores(const PyValue& doc, const NativeResults& results) {
  const auto said = page_table(fenced_table(results.filtered.str())),
             gold = page_table(text_column(doc, "reference_output"));
  const bool comparable =
      said && gold && !said->rows.empty() && !gold->rows.empty() && said->columns == gold->columns;
  const double precision = comparable ? rows_found(*said, *gold) : 0,
               recall = comparable ? rows_found(*gold, *said) : 0;
  const double f1 = recall + precision > 0 ? 2 * recall * precision / (recall + precision) : 0;
  return {{"score", {f1}},
          {"f1", {f1}},
          {"precision", {precision}},
          {"recall", {recall}},
          {"extraction_rate", {comparable ? 1.0 : 0.0}}};
}

}  // namespace

void add_longproc_tables(NativeFunctions& all) {
  all.process_results["longproc/metrics.process_results_html_to_tsv"] = table_scores;
}

}  // namespace flm
