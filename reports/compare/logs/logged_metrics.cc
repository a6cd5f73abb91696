#include "reports/compare/logs/logged_metrics.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "reports/compare/logs/json_part.h"
#include "reports/statistics/aggregates/aggregations.h"

namespace flm {
namespace {

/// What lm-evaluation-harness takes where a task file names a metric and no more.
std::string default_aggregation(const std::string& metric) {
  static const std::map<std::string, std::string> known = {
      {"acc", "mean"},
      {"acc_norm", "mean"},
      {"acc_mutual_info", "mean"},
      {"exact_match", "mean"},
      {"likelihood", "mean"},
      {"acc_bytes", "mean"},
      {"acc_all", "acc_all"},
      {"perplexity", "perplexity"},
      {"word_perplexity", "weighted_perplexity"},
      {"byte_perplexity", "weighted_perplexity"},
      {"bits_per_byte", "bits_per_byte"},
      {"f1", "f1"},
      {"mcc", "mcc"},
      {"brier_score", "brier_score"},
      {"bleu", "bleu"},
      {"chrf", "chrf"},
      {"chrf++", "chrf++"},
      {"ter", "ter"},
  };
  const auto found = known.find(metric);
  return found == known.end() ? "" : found->second;
}

/// The definition of a filter by its name; "none" where the task file has no filters.
std::string filter_definition(const Json& config, const std::string& filter) {
  for (const Json& entry : part(config, "filter_list"))
    if (text_of(part(entry, "name")) == filter) return part(entry, "filter").dump();
  return "";
}

/// As the results say it, else the task file, else what the aggregation can only mean.
std::optional<bool> direction_of(const LoggedMetric& metric, const Json& directions) {
  static const std::set<std::string> down = {
      "weighted_perplexity", "perplexity", "bits_per_byte", "bpb", "brier_score", "ter"};
  const Json& stated = part(directions, metric.metric.c_str());
  if (stated.is_boolean()) return stated.get<bool>();
  if (!metric.metric_json.empty()) {
    const Json definition = Json::parse(metric.metric_json);
    if (const Json& listed = part(definition, "higher_is_better"); listed.is_boolean())
      return listed.get<bool>();
  }
  if (down.contains(metric.aggregation)) return false;
  if (!default_aggregation(metric.metric).empty()) return true;
  return std::nullopt;
}

/// The task file's order: its first metric is the one that is judged.
void put_in_order_of_file(LoggedTask& task) {
  std::vector<std::string> order;
  for (const Json& listed : part(*task.config, "metric_list"))
    order.push_back(text_of(part(listed, "metric")));
  const auto place = [&](const LoggedMetric& metric) {
    return std::find(order.begin(), order.end(), name_in_task_file(metric.metric)) - order.begin();
  };
  std::stable_sort(
      task.metrics.begin(), task.metrics.end(),
      [&](const LoggedMetric& a, const LoggedMetric& b) { return place(a) < place(b); });
}

}  // namespace

std::string name_in_task_file(const std::string& metric) {
  return metric.substr(0, metric.find('@'));
}

void define_metrics(LoggedTask& task, const Json& directions, const Json& entry) {
  for (LoggedMetric& metric : task.metrics) {
    metric.filter_json = filter_definition(*task.config, metric.filter);
    metric.aggregation = default_aggregation(metric.metric);
    for (const Json& listed : part(*task.config, "metric_list")) {
      if (text_of(part(listed, "metric")) != name_in_task_file(metric.metric)) continue;
      metric.metric_json = listed.dump();
      if (const std::string name = text_of(part(listed, "aggregation")); !name.empty())
        metric.aggregation = name == "matthews_corrcoef" ? "mcc" : name;
      else if (name_in_task_file(metric.metric) == "bpb")
        metric.aggregation = "bpb";
    }
    const std::optional<bool> up = direction_of(metric, directions);
    metric.direction_known = up.has_value();
    metric.higher_is_better = up.value_or(true);
    if (const Json& value = part(entry, (metric.metric + "," + metric.filter).c_str());
        value.is_number())
      metric.reported = value.get<double>();
  }
  put_in_order_of_file(task);
}

void recognise_means(LoggedTask& task) {
  for (LoggedMetric& metric : task.metrics) {
    if (find_aggregation(metric.aggregation) || !metric.reported) continue;
    ItemValues values;
    for (const std::vector<double>& item : metric.values)
      if (item.size() == 1) values.push_back(item);
    const auto mean = aggregate("mean", values);
    if (mean && std::fabs(*mean - *metric.reported) <= 1e-9 * std::max(1.0, std::fabs(*mean)))
      metric.aggregation = "mean";
  }
}

void check_reported(LoggedTask& task, const std::string& name) {
  if (!task.has_samples) return;
  const auto logged = static_cast<std::int64_t>(task.items.size());
  if (task.chosen > 0 && logged != task.chosen) {
    task.notes.push_back(name + " logs " + std::to_string(logged) + " samples, its results say " +
                         std::to_string(task.chosen) +
                         ": the value in its results file is not that of its samples");
    return;
  }
  for (const LoggedMetric& metric : task.metrics) {
    ItemValues values;
    for (const std::vector<double>& item : metric.values)
      if (!item.empty()) values.push_back(item);
    const auto value = values.empty() ? std::nullopt : aggregate(metric.aggregation, values);
    if (value && metric.reported &&
        std::fabs(*value - *metric.reported) > 1e-6 * std::max(1.0, std::fabs(*value)))
      task.notes.push_back(name + " reports " + metric.metric + " " +
                           python_float_repr(*metric.reported) + ", its samples give " +
                           python_float_repr(*value));
  }
}

}  // namespace flm
