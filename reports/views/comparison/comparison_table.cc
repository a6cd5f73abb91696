#include "reports/views/comparison/comparison_table.h"

#include <limits>

#include "reports/figures/display_width.h"
#include "reports/figures/row_text.h"

namespace flm {
namespace {

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

ComparedTable make_compared_table(const Comparison& comparison, bool all) {
  return TableMaker(comparison, all).make();
}

}  // namespace flm
