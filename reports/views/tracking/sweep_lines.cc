#include "reports/views/tracking/sweep_lines.h"

#include "reports/figures/figures.h"

namespace flm {
namespace {

int decimals_of_row(const SweepRow& row) {
  Score score;
  score.value = row.value;
  score.stderr_value = row.stderr_value;
  return row.stderr_value ? decimals_of(score) : 4;
}

std::string mark_of(const SweepRow& row) {
  if (row.best) return "best";
  return row.tied ? "not told from the best" : "";
}

}  // namespace

std::vector<std::string> sweep_head(const SweepTable& sweep) {
  std::vector<std::string> out = sweep.by;
  for (const char* name : {"run", "checkpoint", "value", "from the best", "±items"})
    out.push_back(name);
  out.push_back(sweep.by.size() > 1 ? "of its width" : "of all");
  return out;
}

std::vector<std::vector<std::string>> sweep_lines(const SweepTable& sweep) {
  std::vector<std::vector<std::string>> out;
  for (const SweepRow& row : sweep.rows) {
    std::vector<std::string> cells = row.coordinates;
    const int decimals = decimals_of_row(row);
    cells.push_back(row.member);
    cells.push_back(row.checkpoint);
    cells.push_back(fixed(row.value, decimals));
    cells.push_back(row.difference ? signed_text(*row.difference, decimals) : "");
    cells.push_back(row.stderr_value ? fixed(*row.stderr_value, decimals) : "");
    cells.push_back(mark_of(row));
    out.push_back(std::move(cells));
  }
  return out;
}

std::string sweep_verdict(const SweepTable& sweep) {
  return sweep.task + " " + sweep.metric + (sweep.higher_is_better ? " (higher is better)" : "") +
         " at " + fixed(sweep.x, 0) + " " + sweep.axis + ": " + sweep.verdict;
}

}  // namespace flm
