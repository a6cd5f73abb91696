#include "reports/compare/many_runs.h"

#include <algorithm>
#include <map>

#include "reports/compare/paired_figures.h"
#include "reports/statistics/cochran_q.h"
#include "reports/statistics/multiplicity.h"

namespace flm {
namespace {

const LoggedMetric* find(const LoggedRun& run, const std::string& task,
                         const MetricComparison& of) {
  for (const LoggedTask& known : run.tasks) {
    if (known.name != task) continue;
    for (const LoggedMetric& metric : known.metrics)
      if (metric.metric == of.metric && metric.filter == of.filter) return &metric;
  }
  return nullptr;
}

/// The row of a task in every contrast; empty where one of them cannot compare its main metric.
std::vector<const ComparisonRow*> rows_of(const Comparison& comparison, const std::string& task) {
  std::vector<const ComparisonRow*> out;
  for (const Contrast& contrast : comparison.contrasts)
    for (const ComparisonRow& row : contrast.rows)
      if (row.name == task && !row.is_group && !row.metrics.empty() &&
          row.metrics.front().difference)
        out.push_back(&row);
  if (out.size() != comparison.contrasts.size()) out.clear();
  return out;
}

/// [runs][items] of the values of the items that all runs have.
std::vector<ItemValues> common_values(const std::vector<LoggedRun>& runs,
                                      const std::vector<const ComparisonRow*>& rows) {
  const MetricComparison& metric = rows.front()->metrics.front();
  std::vector<const LoggedMetric*> metrics;
  for (const LoggedRun& run : runs) metrics.push_back(find(run, rows.front()->name, metric));
  std::map<std::uint32_t, std::vector<std::uint32_t>>
      partners;  // of an item of the reference, so far
  for (const ItemPair& pair : rows.front()->pairs) partners[pair.a] = {pair.b};
  for (std::size_t c = 1; c < rows.size(); ++c) {
    std::map<std::uint32_t, std::vector<std::uint32_t>> kept;
    for (const ItemPair& pair : rows[c]->pairs) {
      const auto found = partners.find(pair.a);
      if (found == partners.end()) continue;
      kept[pair.a] = found->second;
      kept[pair.a].push_back(pair.b);
    }
    partners = std::move(kept);
  }
  std::vector<ItemValues> out(runs.size());
  for (const auto& [of_a, others] : partners) {
    std::vector<const std::vector<double>*> values = {&metrics[0]->values[of_a]};
    for (std::size_t r = 1; r < runs.size(); ++r)
      values.push_back(&metrics[r]->values[others[r - 1]]);
    if (std::any_of(values.begin(), values.end(), [](const auto* v) { return v->empty(); }))
      continue;
    for (std::size_t r = 0; r < runs.size(); ++r) out[r].push_back(*values[r]);
  }
  return out;
}

bool zeros_and_ones(const std::vector<ItemValues>& values) {
  return std::all_of(values.begin(), values.end(), [](const ItemValues& items) {
    return std::all_of(items.begin(), items.end(), [](const std::vector<double>& item) {
      return item.size() == 1 && (item[0] == 0 || item[0] == 1);
    });
  });
}

void add_q(ManyRuns& out, const std::vector<ItemValues>& values, const std::string& aggregation) {
  if (aggregation != "mean" || !zeros_and_ones(values)) return;
  std::vector<std::vector<double>> columns;
  for (const ItemValues& items : values) columns.push_back(column(items, 0));
  const CochranQ q = cochran_q(columns);
  out.df = q.df;
  out.q = q.q;
  if (q.q) out.p = q.p;
}

void add_cells(ManyRuns& out, const std::vector<ItemValues>& values, const std::string& aggregation,
               bool up) {
  PValues p;
  for (std::size_t a = 0; a < values.size(); ++a)
    for (std::size_t b = a + 1; b < values.size(); ++b) {
      MetricComparison figures;
      fill_figures(figures, {aggregation, up, values[a], values[b],
                             std::vector<std::string>(values[a].size()), 0});
      out.cells.push_back({a, b, figures.difference, figures.p, std::nullopt, Outcome::kNotTested});
      p.push_back(figures.p);
    }
  const PValues adjusted = holm(p);
  for (std::size_t i = 0; i < out.cells.size(); ++i) {
    MetricComparison figures;
    figures.higher_is_better = up;
    figures.difference = out.cells[i].difference;
    out.cells[i].p_adjusted = adjusted[i];
    out.cells[i].outcome = outcome_of(figures, adjusted[i]);
  }
}

}  // namespace

std::vector<ManyRuns> compare_many(const std::vector<LoggedRun>& runs,
                                   const Comparison& comparison) {
  std::vector<ManyRuns> out;
  for (const ComparisonRow& row : comparison.contrasts.front().rows) {
    const std::vector<const ComparisonRow*> rows = rows_of(comparison, row.name);
    if (row.is_group || rows.empty()) continue;
    const MetricComparison& metric = row.metrics.front();
    const std::vector<ItemValues> values = common_values(runs, rows);
    if (values.front().empty()) continue;
    ManyRuns many;
    many.name = row.name;
    many.alias = row.alias;
    many.metric = metric.metric;
    many.filter = metric.filter;
    many.n = static_cast<std::int64_t>(values.front().size());
    const LoggedMetric& logged = *find(runs.front(), row.name, metric);
    add_q(many, values, logged.aggregation);
    add_cells(many, values, logged.aggregation, logged.higher_is_better);
    out.push_back(std::move(many));
  }
  return out;
}

}  // namespace flm
