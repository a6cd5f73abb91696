#include "reports/views/comparison/comparison_json.h"

#include <nlohmann/json.hpp>

#include "base/documents/json.h"

namespace flm {
namespace {

template <class T>
Json nullable(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json text(const std::string& value) { return value.empty() ? Json(nullptr) : Json(value); }

void put_difference(Json& out, const std::optional<ProtocolDifference>& difference) {
  if (!difference) return;
  const auto value = [](const std::string& json) {
    return json.empty() ? Json(nullptr) : Json::parse(json);
  };
  out["first_difference"] = difference->name;
  out["values"] = Json::array({value(difference->a), value(difference->b)});
}

Json metric_object(const MetricComparison& metric) {
  Json out = {{"metric", metric.metric}, {"filter", metric.filter}, {"main", metric.main}};
  out["higher_is_better"] = metric.higher_is_better;
  out["verdict"] = name_of(metric.verdict);
  if (metric.first_difference) {
    put_difference(out, metric.first_difference);
    return out;
  }
  out["n"] = metric.n;
  out["values"] = Json::array({nullable(metric.a), nullable(metric.b)});
  out["difference"] = nullable(metric.difference);
  out["low"] = nullable(metric.low);
  out["high"] = nullable(metric.high);
  out["se"] = nullable(metric.stderr_value);
  out["p"] = nullable(metric.p);
  out["p_adjusted"] = nullable(metric.p_adjusted);
  out["adjustment"] = text(metric.adjustment);
  out["outcome"] = name_of(metric.outcome);
  out["detectable"] = nullable(metric.detectable);
  out["only_a"] = nullable(metric.only_a);
  out["only_b"] = nullable(metric.only_b);
  out["flips_within_rounding"] = nullable(metric.flips_within_rounding);
  out["clusters"] = metric.clusters;
  out["test"] = text(metric.test);
  out["interval"] = text(metric.interval);
  out["reason"] = text(metric.reason);
  return out;
}

/// What is said of both runs as a whole holds for every task.
Json row_object(const Comparison& comparison, const Contrast& contrast, const ComparisonRow& row) {
  Json out = {
      {row.is_group ? "group" : "task", row.name}, {"alias", row.alias}, {"depth", row.depth}};
  out["run"] = comparison.runs[contrast.other].letter;
  out["verdict"] = name_of(row.verdict);
  put_difference(out, row.first_difference);
  out["items_in_common"] = row.items_in_common;
  out["only_in"] = Json::array({row.only_in[0], row.only_in[1]});
  Json notes = row.notes;
  for (const std::string& note : comparison.notes) notes.push_back(note);
  for (const std::size_t run : {std::size_t{0}, contrast.other})
    for (const std::string& note : comparison.runs[run].notes) notes.push_back(note);
  out["notes"] = notes;
  Json metrics = Json::array();
  for (const MetricComparison& metric : row.metrics) metrics.push_back(metric_object(metric));
  out["metrics"] = metrics;
  return out;
}

Json many_object(const Comparison& comparison, const ManyRuns& many) {
  Json out = {{"task", many.name}, {"metric", many.metric}, {"filter", many.filter}, {"n", many.n}};
  out["q"] = nullable(many.q);
  out["df"] = many.df;
  out["p"] = nullable(many.p);
  Json cells = Json::array();
  for (const ManyRuns::Cell& cell : many.cells) {
    cells.push_back({{"a", comparison.runs[cell.a].letter},
                     {"b", comparison.runs[cell.b].letter},
                     {"difference", nullable(cell.difference)},
                     {"p", nullable(cell.p)},
                     {"p_adjusted", nullable(cell.p_adjusted)},
                     {"outcome", name_of(cell.outcome)}});
  }
  out["pairs"] = cells;
  return out;
}

Json run_object(const ComparedRun& run) {
  return {{"letter", run.letter},     {"name", run.name},     {"model", run.model},
          {"date", run.date},         {"origin", run.origin}, {"weights", run.weights_hash},
          {"numerics", run.numerics}, {"notes", run.notes}};
}

}  // namespace

std::string render_comparison_json(const Comparison& comparison, const ComparisonView&) {
  Json out = {{"schema", 1}};
  Json runs = Json::array(), tasks = Json::array(), groups = Json::array(), many = Json::array();
  for (const ComparedRun& run : comparison.runs) runs.push_back(run_object(run));
  for (const Contrast& contrast : comparison.contrasts)
    for (const ComparisonRow& row : contrast.rows)
      (row.is_group ? groups : tasks).push_back(row_object(comparison, contrast, row));
  for (const ManyRuns& of : comparison.many) many.push_back(many_object(comparison, of));
  out["runs"] = runs;
  out["tests"] = comparison.tests;
  out["warnings"] = comparison.warnings;
  out["notes"] = comparison.notes;
  out["groups"] = groups;
  out["tasks"] = tasks;
  if (!comparison.many.empty()) out["many"] = many;
  return python_json_dumps(out, 2) + "\n";
}

}  // namespace flm
