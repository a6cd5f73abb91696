#include "reports/views/comparison/comparison_csv.h"

#include "reports/views/csv_line.h"

namespace flm {
namespace {

const std::vector<std::string>& columns() {
  static const std::vector<std::string> names = {"kind",       "a",
                                                 "b",          "task",
                                                 "alias",      "depth",
                                                 "metric",     "filter",
                                                 "main",       "higher_is_better",
                                                 "verdict",    "differs",
                                                 "differs_a",  "differs_b",
                                                 "only_in_a",  "only_in_b",
                                                 "n",          "value_a",
                                                 "value_b",    "difference",
                                                 "low",        "high",
                                                 "stderr",     "interval",
                                                 "test",       "p",
                                                 "p_adjusted", "adjustment",
                                                 "outcome",    "detectable",
                                                 "right_in_a", "right_in_b",
                                                 "clusters",   "within_rounding",
                                                 "reason",     "warnings"};
  return names;
}

std::string count(const std::optional<std::int64_t>& value) {
  return value ? std::to_string(*value) : "";
}

std::string yes(bool value) { return value ? "true" : "false"; }

std::vector<std::string> row_fields(const Comparison& comparison, const Contrast& contrast,
                                    const ComparisonRow& row) {
  return {row.is_group ? "group" : "task",
          comparison.runs.at(0).letter,
          comparison.runs.at(contrast.other).letter,
          row.name,
          row.alias,
          std::to_string(row.depth)};
}

std::vector<std::string> difference_fields(Comparability verdict,
                                           const std::optional<ProtocolDifference>& first,
                                           const ComparisonRow& row) {
  return {name_of(verdict),      first ? first->name : "",       first ? first->a : "",
          first ? first->b : "", std::to_string(row.only_in[0]), std::to_string(row.only_in[1])};
}

void append(std::vector<std::string>& to, const std::vector<std::string>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

/// Every line says what stands above the tables of the other views, as a report's lines do.
std::string finished(const Comparison& comparison, std::vector<std::string> fields) {
  fields.resize(columns().size());
  for (const std::string& warning : comparison.warnings)
    fields.back() += (fields.back().empty() ? "" : "; ") + warning;
  return csv_line(fields);
}

/// The row's verdict where it has nothing to say of the metric; else the metric's own.
std::string metric_line(const Comparison& comparison, const Contrast& contrast,
                        const ComparisonRow& row, const MetricComparison& m) {
  const bool own = m.verdict != Comparability::kComparable;
  std::vector<std::string> fields = row_fields(comparison, contrast, row);
  append(fields, {m.metric, m.filter, yes(m.main), yes(m.higher_is_better)});
  append(fields, difference_fields(own ? m.verdict : row.verdict,
                                   own ? m.first_difference : row.first_difference, row));
  append(fields, {std::to_string(m.n), csv_number(m.a), csv_number(m.b), csv_number(m.difference),
                  csv_number(m.low), csv_number(m.high), csv_number(m.stderr_value), m.interval,
                  m.test, csv_number(m.p), csv_number(m.p_adjusted), m.adjustment,
                  name_of(m.outcome), csv_number(m.detectable), count(m.only_a), count(m.only_b),
                  std::to_string(m.clusters), count(m.flips_within_rounding), m.reason});
  return finished(comparison, std::move(fields));
}

/// A row that has no metric: what keeps it from being compared.
std::string bare_line(const Comparison& comparison, const Contrast& contrast,
                      const ComparisonRow& row) {
  std::vector<std::string> fields = row_fields(comparison, contrast, row);
  fields.resize(10);
  append(fields, difference_fields(row.verdict, row.first_difference, row));
  return finished(comparison, std::move(fields));
}

std::string pair_line(const Comparison& comparison, const ManyRuns& many,
                      const ManyRuns::Cell& cell) {
  std::vector<std::string> fields = {"pair",
                                     comparison.runs.at(cell.a).letter,
                                     comparison.runs.at(cell.b).letter,
                                     many.name,
                                     many.alias,
                                     "",
                                     many.metric,
                                     many.filter};
  fields.resize(16);
  append(fields, {std::to_string(many.n), "", "", csv_number(cell.difference), "", "", "", "", "",
                  csv_number(cell.p), csv_number(cell.p_adjusted),
                  cell.p_adjusted ? "Holm over the pairs" : "", name_of(cell.outcome)});
  return finished(comparison, std::move(fields));
}

}  // namespace

std::string render_comparison_csv(const Comparison& comparison, const ComparisonView&) {
  std::string out = csv_line(columns());
  for (const Contrast& contrast : comparison.contrasts)
    for (const ComparisonRow& row : contrast.rows) {
      if (row.metrics.empty()) out += bare_line(comparison, contrast, row);
      for (const MetricComparison& metric : row.metrics)
        out += metric_line(comparison, contrast, row, metric);
    }
  for (const ManyRuns& many : comparison.many)
    for (const ManyRuns::Cell& cell : many.cells) out += pair_line(comparison, many, cell);
  return out;
}

}  // namespace flm
