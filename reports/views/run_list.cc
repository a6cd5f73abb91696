#include "reports/views/run_list.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/system/files.h"
#include "reports/figures/display_width.h"
#include "reports/figures/figures.h"
#include "reports/figures/wrapped_text.h"
#include "reports/views/shown_rows.h"
#include "reports/views/text_table.h"

namespace flm {
namespace {

constexpr std::size_t kIdEnd = 6;  // hexadecimal digits of an id: 2026-11-24T20-30-13-1f2e3d
constexpr std::size_t kScores = 3;
constexpr std::size_t kName = 4;  // the column
constexpr const char* kMark =
    "* of built-in samples, a copy that differs or a --limit: flmeval report RUN says which";

std::string end_of(const std::string& id) {
  return id.substr(id.size() - std::min(kIdEnd, id.size()));
}

std::string date_of(const std::string& created) {
  if (created.size() < 16) return created;
  return created.substr(0, 10) + " " + created.substr(11, 5);
}

/// The first figure of each name that stands at the left: what was asked for.
std::vector<std::pair<std::string, const Score*>> first_scores(const Report& report) {
  std::vector<std::pair<std::string, const Score*>> out;
  for (const ShownRow& row : shown_rows(report, false).rows)
    if (row.row->depth == 0 && !row.scores.empty())
      out.emplace_back(row.row->name, row.scores.front());
  return out;
}

/// Of built-in samples, of a copy that differs or of a part of the documents.
bool is_in_part(const Report& report) {
  return std::any_of(report.warnings.begin(), report.warnings.end(), [](const std::string& text) {
    return text.starts_with("NOT ") || text.starts_with("LIMITED");
  });
}

std::string scores_text(const Report& report, std::size_t most) {
  const auto scores = first_scores(report);
  const bool marked = is_in_part(report);
  std::string out;
  for (std::size_t i = 0; i < std::min(most, scores.size()); ++i) {
    const Score& score = *scores[i].second;
    out += (i ? ", " : "") + scores[i].first + " " + value_text(score);
    if (marked && score.value) out += "*";
  }
  if (scores.size() > most) out += ", " + std::to_string(scores.size() - most) + " more";
  return out;
}

TextTable table_of(const std::vector<ListedRun>& runs, std::size_t most_scores) {
  TextTable table;
  table.columns = {{"Run"},   {"Date (UTC)", false, 2}, {"State"},
                   {"Model"}, {"Name", false, 3},       {"Tasks", false, 1},
                   {"Score"}};
  for (const ListedRun& one : runs) {
    const RunRecord& run = one.report.run;
    std::vector<std::string> cells = {end_of(run.id),
                                      date_of(run.created),
                                      run.status,
                                      last_part_of(run.model),
                                      run.name,
                                      one.tasks,
                                      scores_text(one.report, most_scores)};
    for (std::string& cell : cells) cell = terminal_safe(cell);
    table.lines.push_back(std::move(cells));
  }
  return table;
}

}  // namespace

std::string render_run_list(const std::vector<ListedRun>& runs, int columns) {
  TextTable table = table_of(runs, kScores);
  std::vector<std::size_t> shown = fitting_columns(table, columns);
  for (std::size_t scores = kScores; --scores > 0;) {
    const bool in_a_line =
        columns <= 0 || text_table_width(table, shown) <= static_cast<std::size_t>(columns);
    if (in_a_line && std::find(shown.begin(), shown.end(), kName) != shown.end()) break;
    table = table_of(runs, scores);
    shown = fitting_columns(table, columns);
  }
  const bool marked = std::any_of(runs.begin(), runs.end(), [](const ListedRun& one) {
    return is_in_part(one.report) && scores_text(one.report, 1).ends_with("*");
  });
  return render_text_table(table, shown, columns) + (marked ? wrapped(kMark, columns, 2) : "");
}

std::string run_list_json(const std::vector<ListedRun>& runs) {
  Json all = Json::array();
  for (const ListedRun& one : runs) {
    const RunRecord& run = one.report.run;
    Json scores = Json::object();
    for (const ReportRow& row : one.report.rows) {
      if (row.depth > 0) continue;
      for (const Score& score : row.scores)
        scores[row.name][score.metric + "," + score.filter] =
            score.value ? Json(*score.value) : Json(nullptr);
    }
    all.push_back({{"id", run.id},
                   {"name", run.name},
                   {"created", run.created},
                   {"state", run.status},
                   {"model", run.model},
                   {"weights", run.weights_hash},
                   {"tasks", one.tasks},
                   {"warnings", one.report.warnings},
                   {"scores", std::move(scores)}});
  }
  return compact_json(all);
}

}  // namespace flm
