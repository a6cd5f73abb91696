#include "tests/reports/gate/made_comparison.h"

#include <numeric>

#include "reports/statistics/differences/paired_real.h"
#include "reports/statistics/differences/power.h"

namespace flm {
namespace {

void append(std::vector<double>& a, std::vector<double>& b, std::int64_t count, double of_a,
            double of_b) {
  a.insert(a.end(), static_cast<std::size_t>(count), of_a);
  b.insert(b.end(), static_cast<std::size_t>(count), of_b);
}

ComparisonRow row_of(const std::string& name, MetricComparison metric) {
  ComparisonRow row;
  row.name = name;
  row.items_in_common = metric.n;
  metric.main = true;
  row.metrics.push_back(std::move(metric));
  return row;
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / double(values.size());
}

}  // namespace

ComparisonRow binary_task(const std::string& name, const PairedCounts& counts, bool with_values) {
  MetricComparison metric;
  metric.metric = "acc";
  metric.filter = "none";
  metric.n = counts.n();
  const double n = double(counts.n());
  metric.a = double(counts.both + counts.only_a) / n;
  metric.b = double(counts.both + counts.only_b) / n;
  metric.difference = counts.difference();
  metric.stderr_value = paired_binary_stderr(counts);
  metric.p = mcnemar_mid_p(counts);
  metric.detectable = detectable_binary(counts.n(), double(counts.only_a + counts.only_b) / n);
  metric.only_a = counts.only_a;
  metric.only_b = counts.only_b;
  const Interval of_b = wilson(double(counts.both + counts.only_b), n);
  metric.low_b = of_b.low;
  metric.high_b = of_b.high;
  metric.mean_of_items = true;
  if (!with_values) return row_of(name, std::move(metric));
  append(metric.values_a, metric.values_b, counts.both, 1, 1);
  append(metric.values_a, metric.values_b, counts.only_a, 1, 0);
  append(metric.values_a, metric.values_b, counts.only_b, 0, 1);
  append(metric.values_a, metric.values_b, counts.neither, 0, 0);
  return row_of(name, std::move(metric));
}

ComparisonRow real_task(const std::string& name, const std::string& metric_name,
                        bool higher_is_better, const std::vector<double>& a,
                        const std::vector<double>& b) {
  std::vector<double> differences = b;
  for (std::size_t i = 0; i < a.size(); ++i) differences[i] -= a[i];
  const PairedMean mean = paired_mean(differences);
  MetricComparison metric;
  metric.metric = metric_name;
  metric.filter = "none";
  metric.higher_is_better = higher_is_better;
  metric.n = std::ssize(a);
  metric.a = mean_of(a);
  metric.b = mean_of(b);
  metric.difference = mean.difference;
  metric.stderr_value = mean.stderr_value;
  metric.df = mean.df;
  metric.low = mean.low;
  metric.high = mean.high;
  metric.p = mean.p;
  metric.detectable = detectable_real(mean.stderr_value, mean.df);
  metric.mean_of_items = true;
  metric.values_a = a;
  metric.values_b = b;
  return row_of(name, std::move(metric));
}

ComparisonRow compared_task(const std::string& name, const PairedValues& values) {
  MetricComparison metric;
  metric.metric = "acc";
  metric.filter = "none";
  fill_figures(metric, values);
  for (const std::vector<double>& item : values.a) metric.values_a.push_back(item.at(0));
  for (const std::vector<double>& item : values.b) metric.values_b.push_back(item.at(0));
  return row_of(name, std::move(metric));
}

ComparisonRow not_comparable(const std::string& name) {
  ComparisonRow row;
  row.name = name;
  row.verdict = Comparability::kNotComparable;
  row.first_difference = ProtocolDifference{"num_fewshot", "5", "8"};
  return row;
}

Comparison comparison_of(std::vector<ComparisonRow> rows) {
  Comparison out;
  out.runs.resize(2);
  out.runs[0].letter = "A";
  out.runs[0].name = "step_800";
  out.runs[1].letter = "B";
  out.runs[1].name = "step_1600";
  out.contrasts.push_back({1, std::move(rows)});
  return out;
}

}  // namespace flm
