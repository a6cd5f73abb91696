#include "reports/compare/many_runs.h"

#include <algorithm>
#include <map>

#include "base/errors.h"
#include "reports/compare/paired_figures.h"
#include "reports/statistics/differences/cochran_q.h"
#include "reports/statistics/differences/multiplicity.h"
#include "reports/statistics/differences/paired_change.h"
#include "reports/statistics/interval.h"

namespace flm {
namespace {

const LoggedTask& find_task(const LoggedRun& run, const std::string& name) {
  for (const LoggedTask& task : run.tasks)
    if (task.name == name) return task;
  throw InternalError("a compared task that the reference lacks: " + name);
}

const LoggedMetric* find(const LoggedRun& run, const std::string& task,
                         const MetricComparison& of) {
  for (const LoggedTask& known : run.tasks) {
    if (known.name != task) continue;
    for (const LoggedMetric& metric : known.metrics)
      if (metric.metric == of.metric && metric.filter == of.filter) return &metric;
  }
  return nullptr;
}

bool has_figure(const ComparisonRow& row, const MetricComparison& of) {
  return std::any_of(row.metrics.begin(), row.metrics.end(), [&](const MetricComparison& metric) {
    return metric.metric == of.metric && metric.filter == of.filter && metric.difference;
  });
}

/// The row of a task in every contrast; empty where one of them cannot compare the metric.
std::vector<const ComparisonRow*> rows_of(const Comparison& comparison, const std::string& task,
                                          const MetricComparison& metric) {
  std::vector<const ComparisonRow*> out;
  for (const Contrast& contrast : comparison.contrasts) {
    const auto row =
        std::find_if(contrast.rows.begin(), contrast.rows.end(), [&](const ComparisonRow& r) {
          return r.name == task && !r.is_group && has_figure(r, metric);
        });
    if (row != contrast.rows.end()) out.push_back(&*row);
  }
  if (out.size() != comparison.contrasts.size()) out.clear();
  return out;
}

/// Items that all runs have.
struct CommonItems {
  std::vector<ItemValues> values;     // [runs][items]
  std::vector<std::string> clusters;  // [items]; "" = none
};

/// Of one task.
CommonItems common_items(const std::vector<LoggedRun>& runs,
                         const std::vector<const ComparisonRow*>& rows,
                         const MetricComparison& metric) {
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
  const LoggedTask& task = find_task(runs.front(), rows.front()->name);
  CommonItems out{std::vector<ItemValues>(runs.size()), {}};
  for (const auto& [of_a, others] : partners) {
    std::vector<const std::vector<double>*> values = {&metrics[0]->values[of_a]};
    for (std::size_t r = 1; r < runs.size(); ++r)
      values.push_back(&metrics[r]->values[others[r - 1]]);
    if (std::any_of(values.begin(), values.end(), [](const auto* v) { return v->empty(); }))
      continue;
    for (std::size_t r = 0; r < runs.size(); ++r) out.values[r].push_back(*values[r]);
    out.clusters.push_back(task.items[of_a].cluster);
  }
  return out;
}

/// Of right and wrong answers to independent items: Q knows no clusters.
void add_q(ManyRuns& out, const CommonItems& items, const std::string& aggregation) {
  const std::vector<ItemValues>& values = items.values;
  if (aggregation != "mean" || !std::all_of(values.begin(), values.end(), all_zeros_and_ones) ||
      clustered_error(column(values[0], 0), items.clusters))
    return;
  std::vector<std::vector<double>> columns;
  for (const ItemValues& of_run : values) columns.push_back(column(of_run, 0));
  const CochranQ q = cochran_q(columns);
  out.df = q.df;
  out.q = q.q;
  if (q.q) out.p = q.p;
}

void add_cells(ManyRuns& out, const CommonItems& items, const std::string& aggregation, bool up) {
  const std::vector<ItemValues>& values = items.values;
  PValues p;
  for (std::size_t a = 0; a < values.size(); ++a)
    for (std::size_t b = a + 1; b < values.size(); ++b) {
      MetricComparison figures;
      fill_figures(figures, {aggregation, up, values[a], values[b], items.clusters, 0});
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

/// The tasks whose items make a row's figure: itself, or all that a group pools; none where the
/// group's figure is a mean over tasks.
std::vector<std::string> tasks_of(const std::vector<ComparisonRow>& rows, std::size_t index) {
  const ComparisonRow& row = rows[index];
  if (!row.is_group) return {row.name};
  if (row.metrics.empty() || is_mean_over_tasks(row.metrics.front())) return {};
  std::vector<std::string> out;
  for (std::size_t r = index + 1; r < rows.size() && rows[r].depth > row.depth; ++r)
    if (!rows[r].is_group) out.push_back(rows[r].name);
  return out;
}

/// Of several tasks; no values where one cannot be compared in all runs. An item without a cluster
/// is one of its own beside those that have one (append).
CommonItems items_of(const std::vector<LoggedRun>& runs, const Comparison& comparison,
                     const std::vector<std::string>& tasks, const MetricComparison& metric) {
  CommonItems out{std::vector<ItemValues>(runs.size()), {}};
  for (const std::string& task : tasks) {
    const std::vector<const ComparisonRow*> rows = rows_of(comparison, task, metric);
    if (rows.empty()) return {};
    const CommonItems items = common_items(runs, rows, metric);
    for (std::size_t r = 0; r < runs.size(); ++r)
      out.values[r].insert(out.values[r].end(), items.values[r].begin(), items.values[r].end());
    out.clusters.insert(out.clusters.end(), items.clusters.begin(), items.clusters.end());
  }
  if (out.clusters.empty()) return {};
  name_single_items(out.clusters);
  return out;
}

}  // namespace

std::vector<ManyRuns> compare_many(const std::vector<LoggedRun>& runs, const Comparison& comparison,
                                   bool every_pair) {
  std::vector<ManyRuns> out;
  const std::vector<ComparisonRow>& rows = comparison.contrasts.front().rows;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    if (rows[r].metrics.empty()) continue;
    const MetricComparison& metric = rows[r].metrics.front();
    const std::vector<std::string> tasks = tasks_of(rows, r);
    if (tasks.empty()) continue;
    const CommonItems items = items_of(runs, comparison, tasks, metric);
    if (items.values.empty()) continue;
    ManyRuns many;
    many.name = rows[r].name;
    many.alias = rows[r].alias;
    many.depth = rows[r].depth;
    many.is_group = rows[r].is_group;
    many.metric = metric.metric;
    many.filter = metric.filter;
    many.n = static_cast<std::int64_t>(items.clusters.size());
    const LoggedMetric& logged = *find(runs.front(), tasks.front(), metric);
    add_q(many, items, logged.aggregation);
    if (every_pair) add_cells(many, items, logged.aggregation, logged.higher_is_better);
    out.push_back(std::move(many));
  }
  return out;
}

}  // namespace flm
