// A comparison as a table, as Markdown and as JSON.
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "bench/results/compare.h"
#include "bench/views/views.h"

namespace flm::bench {
namespace {

std::string small(double p) { return p < 0.001 ? fixed(p * 1e6, 0) + "e-6" : fixed(p, 3); }

std::string percent(double ratio) {
  return (ratio >= 1 ? "+" : "") + fixed(100 * (ratio - 1), 2) + "%";
}

std::vector<std::vector<std::string>> cells_of(const ResultComparison& comparison) {
  std::vector<std::vector<std::string>> cells = {{"row", "of", "old", "new", "change",
                                                  "95% interval", "p", "corrected", "threshold",
                                                  "state"}};
  for (const RowChange& row : comparison.rows) {
    const auto time = [](double seconds) { return seconds > 0 ? time_text(seconds) : "-"; };
    const bool timed = row.old_median > 0 && row.new_median > 0;
    const bool interval = row.ratio_high > 0;
    cells.push_back({row.name,
                     !timed         ? "-"
                     : row.of_least ? "fastest"
                                    : "median",
                     time(row.old_median), time(row.new_median), timed ? percent(row.ratio) : "-",
                     interval ? percent(row.ratio_low) + " .. " + percent(row.ratio_high) : "-",
                     timed ? small(row.p) : "-", timed ? small(row.corrected_p) : "-",
                     timed ? fixed(100 * row.threshold, 1) + "%" : "-", name_of(row.change)});
  }
  return cells;
}

std::string counts(const ResultComparison& comparison) {
  std::string text;
  for (Change change :
       {Change::kFast, Change::kSlow, Change::kSame, Change::kAmbiguous, Change::kInvalid})
    text += std::to_string(comparison.count(change)) + " " + name_of(change) +
            (change == Change::kInvalid ? "" : ", ");
  if (comparison.matched == 0) return text + "; no row has a time on both sides\n";
  return text + "; geometric mean of new / old " + fixed(comparison.geometric_mean, 4) + " over " +
         std::to_string(comparison.matched) + " matched rows\n";
}

std::string reasons(const ResultComparison& comparison) {
  std::string text;
  for (const RowChange& row : comparison.rows)
    if (!row.reason.empty())
      text += name_of(row.change) + " " + row.name + ": " + row.reason + "\n";
  for (const std::string& name : comparison.only_old) text += "only in old: " + name + "\n";
  for (const std::string& name : comparison.only_new) text += "only in new: " + name + "\n";
  return text;
}

}  // namespace

std::string comparison_text(const ResultComparison& comparison, std::size_t columns) {
  std::string text;
  for (const std::string& warning : comparison.warnings) text += warning + "\n\n";
  return text +
         fitted_table(cells_of(comparison), {"of", "p", "threshold", "corrected", "old", "new"},
                      columns) +
         reasons(comparison) + counts(comparison);
}

std::string comparison_markdown(const ResultComparison& comparison, const ResultFile& before,
                                const ResultFile& after) {
  std::string text = "# Kernel comparison\n\n" + counts(comparison) + "\n";
  for (const std::string& warning : comparison.warnings) text += "**" + warning + "**\n\n";
  for (bool decisive : {true, false})
    for (const std::string& difference : context_differences(before, after, decisive))
      text += (decisive ? "- **differs** " : "- build: ") + difference + "\n";
  text += "\n![roofline](roofline.svg)\n\n" + markdown_table(cells_of(comparison));
  const std::string notes = reasons(comparison);
  return notes.empty() ? text : text + "\n```\n" + notes + "```\n";
}

std::string comparison_json(const ResultComparison& comparison) {
  Json rows = Json::array();
  for (const RowChange& row : comparison.rows) {
    Json entry = {{"name", row.name}, {"state", name_of(row.change)}};
    if (row.old_median > 0) entry["old_seconds"] = row.old_median;
    if (row.new_median > 0) entry["new_seconds"] = row.new_median;
    if (row.old_median > 0 && row.new_median > 0) {
      entry["estimate"] = row.of_least ? "fastest" : "median";
      entry["ratio"] = row.ratio;
      if (row.ratio_high > 0) entry["interval"] = {row.ratio_low, row.ratio_high};
      entry["p"] = row.p;
      entry["corrected_p"] = row.corrected_p;
      entry["threshold"] = row.threshold;
    }
    if (!row.reason.empty()) entry["reason"] = row.reason;
    rows.push_back(entry);
  }
  const Json mean = comparison.matched > 0 ? Json(comparison.geometric_mean) : Json();
  const Json document = {{"rows", rows},
                         {"warnings", comparison.warnings},
                         {"geometric_mean", mean},
                         {"matched", comparison.matched},
                         {"only_old", comparison.only_old},
                         {"only_new", comparison.only_new},
                         {"regression", comparison.regression()}};
  return compact_json(document) + "\n";
}

}  // namespace flm::bench
