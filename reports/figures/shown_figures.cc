#include "reports/figures/shown_figures.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace flm {
namespace {

/// By their names: a score between 0 and 1 may be one of 0 to 100, as SQuAD's f1 and BLEU are.
bool is_proportion(const Score& score) {
  static const std::vector<std::string> names = {"acc", "exact_match", "pass@"};
  if (std::none_of(names.begin(), names.end(),
                   [&](const std::string& name) { return score.metric.starts_with(name); }))
    return false;
  const auto within = [](std::optional<double> v) { return !v || (*v >= 0 && *v <= 1); };
  return score.value && score.higher_is_better && within(score.value) && within(score.low) &&
         within(score.high);
}

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
      if (is_proportion(score)) out.insert(score.metric);
  return out;
}

}  // namespace

Report in_style(Report report, const FigureStyle& style) {
  const std::set<std::string> shares = style.percent ? shares_in(report) : std::set<std::string>();
  for (ReportRow& row : report.rows)
    for (Score& score : row.scores) {
      if (style.percent && is_proportion(score)) to_percent(score);
      if (!score.value && shares.contains(score.metric)) score.percent = true;
      score.digits = style.digits;
    }
  return report;
}

std::string metric_with_unit(const Score& score) {
  return score.metric + (score.percent ? ", %" : "");
}

}  // namespace flm
