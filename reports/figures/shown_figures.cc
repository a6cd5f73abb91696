#include "reports/figures/shown_figures.h"

#include <set>
#include <string>

#include "reports/figures/shares.h"

namespace flm {
namespace {

void to_percent(Score& score) {
  for (std::optional<double>* figure : {&score.value, &score.stderr_value, &score.low, &score.high,
                                        &score.if_cut_wrong, &score.of_ended})
    if (*figure) **figure *= 100;
  score.percent = true;
}

/// Metrics of which a score is a share: one that is N/A has the unit of the others.
std::set<std::string> shares_in(const Report& report) {
  std::set<std::string> out;
  for (const ReportRow& row : report.rows)
    for (const Score& score : row.scores)
      if (score.value && is_share(score)) out.insert(score.metric);
  return out;
}

}  // namespace

Report in_style(Report report, const FigureStyle& style) {
  const std::set<std::string> shares = style.percent ? shares_in(report) : std::set<std::string>();
  for (ReportRow& row : report.rows)
    for (Score& score : row.scores) {
      if (style.percent && score.value && is_share(score)) to_percent(score);
      if (!score.value && shares.contains(score.metric)) score.percent = true;
      score.digits = style.digits;
    }
  return report;
}

std::string metric_with_unit(const Score& score) {
  return score.metric + (score.percent ? ", %" : "");
}

}  // namespace flm
