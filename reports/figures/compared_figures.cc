#include "reports/figures/compared_figures.h"

#include <algorithm>
#include <optional>

#include "reports/figures/figures.h"
#include "reports/figures/shares.h"

namespace flm {
namespace {

constexpr const char* kNoFigure = "N/A";
constexpr int kPairDecimals = 4;  // where the table has no such row

int decimals_of(const MetricComparison& metric) {
  Score score;
  score.value = metric.difference;
  score.stderr_value = metric.stderr_value;
  score.low = metric.low;
  score.high = metric.high;
  if (metric.difference.value_or(0) == 0) score.value = metric.a ? metric.a : metric.b;
  return decimals_of(score);
}

/// "736/928": items right in the reference alone, in the other alone.
std::string flips_text(const MetricComparison& metric) {
  if (!metric.only_a || !metric.only_b) return "";
  return grouped(*metric.only_a) + "/" + grouped(*metric.only_b);
}

std::string detectable_text(const MetricComparison& metric, int decimals) {
  if (metric.outcome != Outcome::kNoDifference) return "";
  if (metric.detectable.value_or(0) <= 0) return kNoFigure;
  if (!is_share(metric)) return fixed(*metric.detectable, decimals);
  return fixed(100 * *metric.detectable, std::max(1, decimals - 3)) + " points";
}

std::string value_or_missing(const std::optional<double>& value, int decimals) {
  return value ? fixed(*value, decimals) : kNoFigure;
}

}  // namespace

ComparedFigures figures_of(const MetricComparison& metric) {
  const int decimals = decimals_of(metric);
  ComparedFigures out;
  out.metric = &metric;
  out.n = grouped(metric.n);
  out.a = value_or_missing(metric.a, decimals);
  out.b = value_or_missing(metric.b, decimals);
  out.difference = metric.difference ? signed_text(*metric.difference, decimals) : kNoFigure;
  if (metric.low && metric.high)
    out.interval =
        signed_text(*metric.low, decimals) + " to " + signed_text(*metric.high, decimals);
  out.flips = flips_text(metric);
  if (metric.p) out.raw_p = p_text(*metric.p);
  if (metric.p_adjusted) out.p = p_text(*metric.p_adjusted);
  out.detectable = detectable_text(metric, decimals);
  out.mark = mark_of(metric.outcome);
  out.verdict = name_of(metric.outcome);
  return out;
}

std::string mark_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kBetter:
      return "▲";
    case Outcome::kWorse:
      return "▼";
    case Outcome::kNoDifference:
      return "=";
    case Outcome::kNotTested:
      return "";
  }
  return "";
}

int pair_decimals(const Comparison& comparison, const ManyRuns& many) {
  for (const ComparisonRow& row : comparison.contrasts.at(0).rows)
    for (const MetricComparison& metric : row.metrics)
      if (row.name == many.name && metric.metric == many.metric && metric.filter == many.filter)
        return decimals_of(metric);
  return kPairDecimals;
}

std::string pair_difference(const ManyRuns::Cell& cell, int decimals) {
  return cell.difference ? signed_text(*cell.difference, decimals) : kNoFigure;
}

std::string pair_text(const ManyRuns::Cell& cell, int decimals) {
  std::string out = pair_difference(cell, decimals);
  if (cell.p_adjusted) out += ", p " + p_text(*cell.p_adjusted);
  return out + " " + mark_of(cell.outcome);
}

}  // namespace flm
