#include "reports/compare/task_comparison.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "reports/compare/logs/json_part.h"
#include "reports/compare/logs/logged_metrics.h"
#include "reports/compare/pairing.h"
#include "reports/compare/protocol_difference.h"

namespace flm {
namespace {

constexpr double kDeviations = 6;  // of rounding: a wider margin is no matter of it
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// The same definition of ours over equal documents and prompts makes equal requests.
bool same_requests(const LoggedTask& a, const LoggedTask& b, const LoggedRun& run_a,
                   const LoggedRun& run_b) {
  const auto key = [](const LoggedRun& run) {
    return run.protocol->contains("gen_kwargs") ? (*run.protocol)["gen_kwargs"] : Json();
  };
  return !a.spec_hash.empty() && a.spec_hash == b.spec_hash && key(run_a) == key(run_b);
}

Pairing pair_tasks(LoggedTask& a, LoggedTask& b, const LoggedRun& run_a, const LoggedRun& run_b) {
  const bool proven = same_requests(a, b, run_a, run_b);
  if (!proven)
    for (LoggedTask* task : {&a, &b})
      if (!task->has_requests && task->fill_requests) task->fill_requests(*task);
  return pair_items(a.items, b.items, !proven && a.has_requests && b.has_requests);
}

std::vector<double> margins(const std::vector<LoggedItem>& items,
                            const std::vector<ItemPair>& pairs, std::uint32_t ItemPair::*side) {
  std::vector<double> out;
  bool any = false;
  for (const ItemPair& pair : pairs) {
    out.push_back(items[pair.*side].margin);
    any = any || !std::isnan(out.back());
  }
  return any ? out : std::vector<double>();
}

/// Items of either run whose status is that one; null where a record is not ours and has none.
std::optional<std::array<std::int64_t, 2>> with_status(const LoggedTask& a, const LoggedTask& b,
                                                       const std::string& status) {
  if (a.spec_hash.empty() || b.spec_hash.empty()) return std::nullopt;
  const auto count = [&](const LoggedTask& task) {
    return std::count_if(task.items.begin(), task.items.end(),
                         [&](const LoggedItem& item) { return item.problem.starts_with(status); });
  };
  return std::array<std::int64_t, 2>{count(a), count(b)};
}

/// What tells items of a task from one another, wherever they stand.
Digest identity_of(const LoggedItem& item) {
  const auto mixed = [](std::uint64_t document, std::uint64_t prompt, std::uint64_t target) {
    return document ^ std::rotl(prompt, 1) ^ std::rotl(target, 2);
  };
  return {mixed(item.document.high, item.prompt.high, item.target.high),
          mixed(item.document.low, item.prompt.low, item.target.low)};
}

PairedValues gather(const LoggedTask& a, const LoggedMetric& of_a, const LoggedTask& b,
                    const LoggedMetric& of_b, const std::vector<ItemPair>& pairs,
                    MetricComparison& out) {
  PairedValues values{of_a.aggregation, of_a.higher_is_better, {}, {}, {}};
  for (const ItemPair& pair : pairs) {
    const std::vector<double>&value_a = of_a.values[pair.a], &value_b = of_b.values[pair.b];
    out.values_a.push_back(item_figure(of_a.aggregation, value_a).value_or(kNone));
    out.values_b.push_back(item_figure(of_a.aggregation, value_b).value_or(kNone));
    if (value_a.empty() || value_b.empty()) {
      out.unscored.push_back(out.values_a.size() - 1);
      ++values.unscored;
      for (const std::string* problem : {&a.items[pair.a].problem, &b.items[pair.b].problem})
        if (values.first_problem.empty()) values.first_problem = *problem;
      continue;
    }
    values.a.push_back(value_a);
    values.b.push_back(value_b);
    values.items.push_back(identity_of(a.items[pair.a]));
    const std::string& cluster = a.items[pair.a].cluster;
    values.clusters.push_back(cluster.empty() ? b.items[pair.b].cluster : cluster);
  }
  name_single_items(values.clusters);
  return values;
}

/// How far rounding takes a margin of an item.
double rounding_of(const LoggedRun& run, const LoggedItem& item) {
  return kDeviations * *run.rounding * std::max(1.0, item.size);
}

std::optional<std::int64_t> flips_within_rounding(const LoggedRun& run_a, const LoggedTask& a,
                                                  const LoggedRun& run_b, const LoggedTask& b,
                                                  const ComparisonRow& row,
                                                  const MetricComparison& metric) {
  if (!run_a.rounding || !run_b.rounding || !metric.only_a || row.margins_a.empty() ||
      row.margins_b.empty())
    return std::nullopt;
  std::int64_t count = 0;
  for (std::size_t i = 0; i < row.pairs.size(); ++i) {
    if (std::isnan(metric.values_a[i]) || std::isnan(metric.values_b[i]) ||
        metric.values_a[i] == metric.values_b[i])
      continue;
    count += std::fabs(row.margins_a[i]) <= rounding_of(run_a, a.items[row.pairs[i].a]) &&
             std::fabs(row.margins_b[i]) <= rounding_of(run_b, b.items[row.pairs[i].b]);
  }
  return count;
}

/// The other run's metric of that name and filter; of another BPB protocol, that one.
const LoggedMetric* partner(const LoggedTask& task, const LoggedMetric& of) {
  const LoggedMetric* near = nullptr;
  for (const LoggedMetric& metric : task.metrics) {
    if (metric.filter != of.filter) continue;
    if (metric.metric == of.metric) return &metric;
    if (name_in_task_file(metric.metric) == name_in_task_file(of.metric)) near = &metric;
  }
  return near;
}

void refuse(MetricComparison& out, ProtocolDifference difference) {
  out.verdict = Comparability::kNotComparable;
  out.reason = "not comparable: " + difference.name;
  out.first_difference = std::move(difference);
}

/// All of a row's metrics are refused: so is the row, for the first one's reason.
void refuse_row_without_metrics(ComparisonRow& row) {
  const bool refused =
      !row.metrics.empty() &&
      std::all_of(row.metrics.begin(), row.metrics.end(), [](const MetricComparison& m) {
        return m.verdict != Comparability::kComparable;
      });
  if (!refused) return;
  row.verdict = Comparability::kNotComparable;
  for (const MetricComparison& metric : row.metrics)
    if (!row.first_difference) row.first_difference = metric.first_difference;
}

/// The metric that is asked for, else the first that can be compared, is judged and comes first.
std::size_t main_metric(const ComparisonRow& row, const std::string& named) {
  const auto find = [&](const auto& is_it) {
    return static_cast<std::size_t>(std::find_if(row.metrics.begin(), row.metrics.end(), is_it) -
                                    row.metrics.begin());
  };
  std::size_t at = row.metrics.size();
  if (!named.empty())
    at = find([&](const MetricComparison& m) { return is_named(m.metric, m.filter, named); });
  if (at == row.metrics.size())
    at = find([](const MetricComparison& m) { return m.verdict == Comparability::kComparable; });
  return at == row.metrics.size() ? 0 : at;
}

template <class T>
void bring_to_front(std::vector<T>& values, std::size_t index) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(index);
  std::rotate(values.begin(), at, at + 1);
}

void mark_main(ComparisonRow& row, std::vector<PairedValues>& values, const std::string& named) {
  if (row.metrics.empty()) return;
  row.metrics.front().first = true;
  const std::size_t at = main_metric(row, named);
  bring_to_front(row.metrics, at);
  bring_to_front(values, at);
  row.metrics.front().main = true;
}

/// No metric under a filter of one run is one of the other's.
ProtocolDifference names_differ(const LoggedTask& a, const LoggedTask& b) {
  const auto names = [](const LoggedTask& task, std::string LoggedMetric::*field) {
    Json out = Json::array();
    for (const LoggedMetric& metric : task.metrics)
      if (std::find(out.begin(), out.end(), metric.*field) == out.end())
        out.push_back(metric.*field);
    return out;
  };
  const bool filters = names(a, &LoggedMetric::filter) != names(b, &LoggedMetric::filter);
  const auto field = filters ? &LoggedMetric::filter : &LoggedMetric::metric;
  return {filters ? "filter_list" : "metric_list", names(a, field).dump(), names(b, field).dump()};
}

/// A task file that has none means a space.
std::string target_delimiter(const LoggedTask& task) {
  const Json& own = task.config ? part(*task.config, "target_delimiter") : Json();
  return own.is_string() ? own.get<std::string>() : " ";
}

TaskComparison of_one_run(const LoggedTask& task, Comparability verdict) {
  TaskComparison out;
  out.row.name = task.name;
  out.row.alias = task.alias;
  out.row.verdict = verdict;
  out.row.only_in[verdict == Comparability::kOnlyInA ? 0 : 1] =
      static_cast<std::int64_t>(task.items.size());
  return out;
}

/// A metric of A against its partner in B, over the row's pairs; the values where there are any.
std::pair<MetricComparison, PairedValues> compare_metric(
    const LoggedRun& run_a, const LoggedTask& a, const LoggedMetric& of_a, const LoggedRun& run_b,
    const LoggedTask& b, const ComparisonRow& row) {
  MetricComparison metric;
  metric.metric = of_a.metric;
  metric.filter = of_a.filter;
  metric.higher_is_better = of_a.higher_is_better;
  const LoggedMetric* of_b = partner(b, of_a);
  PairedValues values;
  if (!of_b) {
    metric.verdict = Comparability::kOnlyInA;
    metric.reason = "only in A";
  } else if (of_b->metric != of_a.metric) {
    refuse(metric, {"bpb protocol", Json(of_a.metric).dump(), Json(of_b->metric).dump()});
  } else if (auto difference = metric_difference(a, of_a, b, *of_b)) {
    refuse(metric, std::move(*difference));
  } else {
    values = gather(a, of_a, b, *of_b, row.pairs, metric);
    fill_figures(metric, values);
    if (!of_a.direction_known) {
      metric.p.reset();
      metric.reason = "whether higher is better is not recorded";
    }
    metric.flips_within_rounding = flips_within_rounding(run_a, a, run_b, b, row, metric);
  }
  return {std::move(metric), std::move(values)};
}

}  // namespace

bool is_named(const std::string& metric, const std::string& filter, const std::string& named) {
  return named == metric || named == metric + "," + filter || named == name_in_task_file(metric);
}

TaskComparison compare_task(const LoggedRun& run_a, LoggedTask* a, const LoggedRun& run_b,
                            LoggedTask* b, const std::string& main_metric) {
  if (!b) return of_one_run(*a, Comparability::kOnlyInA);
  if (!a) return of_one_run(*b, Comparability::kOnlyInB);
  TaskComparison out;
  ComparisonRow& row = out.row;
  row.name = a->name;
  row.alias = a->alias;
  row.builtin_sample = a->builtin_sample || b->builtin_sample;
  const Pairing pairing = pair_tasks(*a, *b, run_a, run_b);
  row.notes = task_notes({run_a, *a}, {run_b, *b}, pairing);
  row.items_in_common = static_cast<std::int64_t>(pairing.pairs.size());
  row.only_in = {pairing.only_a, pairing.only_b};
  row.flagged = with_status(*a, *b, "over_long");
  row.failed = with_status(*a, *b, "error");
  row.first_difference = task_difference({run_a, *a}, {run_b, *b}, pairing);
  if (row.first_difference) {
    row.verdict = Comparability::kNotComparable;
    return out;
  }
  if (pairing.only_a + pairing.only_b > 0) row.verdict = Comparability::kPartly;
  row.pairs = pairing.pairs;
  row.target_delimiter = target_delimiter(*a);
  row.margins_a = margins(a->items, row.pairs, &ItemPair::a);
  row.margins_b = margins(b->items, row.pairs, &ItemPair::b);
  for (const LoggedMetric& of_a : a->metrics) {
    auto [metric, values] = compare_metric(run_a, *a, of_a, run_b, *b, row);
    row.metrics.push_back(std::move(metric));
    out.values.push_back(std::move(values));
  }
  for (const LoggedMetric& of_b : b->metrics)
    if (!partner(*a, of_b))
      row.notes.push_back("the metric " + of_b.metric + "," + of_b.filter + " is only in B");
  refuse_row_without_metrics(row);
  if (row.verdict == Comparability::kNotComparable && !row.first_difference)
    row.first_difference = names_differ(*a, *b);
  mark_main(row, out.values, main_metric);
  return out;
}

}  // namespace flm
