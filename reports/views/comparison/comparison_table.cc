#include "reports/views/comparison/comparison_table.h"

#include <algorithm>
#include <limits>

#include "reports/figures/display_width.h"
#include "reports/figures/figures.h"
#include "reports/figures/row_text.h"

namespace flm {
namespace {

constexpr const char* kMissing = "N/A";

/// The error of the difference says how many digits its values have.
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

/// Of shares of right answers in points, else in the metric's own unit.
std::string detectable_text(const MetricComparison& metric, int decimals) {
  if (metric.outcome != Outcome::kNoDifference) return "";
  if (metric.detectable.value_or(0) <= 0) return kMissing;
  if (!metric.only_a) return fixed(*metric.detectable, decimals);
  return fixed(100 * *metric.detectable, std::max(1, decimals - 3)) + " points";
}

std::string value_or_missing(const std::optional<double>& value, int decimals) {
  return value ? fixed(*value, decimals) : kMissing;
}

ComparedFigures figures_of(const MetricComparison& metric) {
  const int decimals = decimals_of(metric);
  ComparedFigures out;
  out.metric = &metric;
  out.n = grouped(metric.n);
  out.a = value_or_missing(metric.a, decimals);
  out.b = value_or_missing(metric.b, decimals);
  out.difference = metric.difference ? signed_text(*metric.difference, decimals) : kMissing;
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

/// Collects the lines of all contrasts; equal rows and metrics share one.
class TableMaker {
 public:
  TableMaker(const Comparison& comparison, bool all) : comparison_(comparison), all_(all) {}

  ComparedTable make() {
    for (std::size_t c = 0; c < comparison_.contrasts.size(); ++c) add_contrast(c);
    return std::move(table_);
  }

 private:
  void add_contrast(std::size_t contrast) {
    int folded_below = std::numeric_limits<int>::max();
    for (const ComparisonRow& row : comparison_.contrasts[contrast].rows) {
      const bool folded = row.depth > folded_below;
      if (!folded) folded_below = std::numeric_limits<int>::max();
      if (folded && contrast == 0) ++table_.folded_rows;
      if (folded) continue;
      const bool any = add_row(contrast, row);
      if (any && row.is_group && !all_) folded_below = row.depth;
    }
  }

  /// Whether anything of it was compared.
  bool add_row(std::size_t contrast, const ComparisonRow& row) {
    bool any = false;
    for (const MetricComparison& metric : row.metrics) {
      if (!was_compared(row, metric)) continue;
      any = true;
      if (!all_ && !metric.main) {
        if (contrast == 0) ++table_.folded_metrics;
        continue;
      }
      line_of(row, metric).figures[contrast] = figures_of(metric);
    }
    return any;
  }

  ComparedLine& line_of(const ComparisonRow& row, const MetricComparison& metric) {
    for (ComparedLine& line : table_.lines)
      if (line.row->name == row.name && line.metric == shown_metric(metric)) return line;
    ComparedLine line;
    line.row = &row;
    line.name = shown_name(row);
    line.metric = shown_metric(metric);
    line.main = metric.main;
    line.figures.resize(comparison_.contrasts.size());
    table_.lines.push_back(std::move(line));
    return table_.lines.back();
  }

  const Comparison& comparison_;
  bool all_;
  ComparedTable table_;
};

}  // namespace

std::string shown_name(const ComparisonRow& row) { return terminal_safe(row_name(row)); }

std::string shown_name(const ManyRuns& many) { return terminal_safe(row_name(many)); }

std::string shown_metric(const MetricComparison& metric) {
  return terminal_safe(metric_label(metric.metric, metric.filter, metric.higher_is_better));
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

ComparedTable make_compared_table(const Comparison& comparison, bool all) {
  return TableMaker(comparison, all).make();
}

}  // namespace flm
