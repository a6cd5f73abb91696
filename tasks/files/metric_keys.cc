#include "tasks/files/metric_keys.h"

#include <algorithm>

#include "base/text/joined.h"
#include "base/text/nearest_name.h"
#include "tasks/files/readers.h"
#include "tasks/scoring/known_metrics.h"

namespace flm {
namespace {

const std::vector<std::string> kMetricKeys = {
    "metric",      "aggregation",        "higher_is_better", "hf_evaluate",
    "ignore_case", "ignore_punctuation", "ignore_numbers",   "regexes_to_ignore"};
const std::vector<std::string> kWithoutEffect = {"weight_by_size"};  // stands in task files

bool among(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

std::string aggregation_of(const TaskKey& key, const YamlNode& value) {
  if (value.kind == YamlNode::Kind::kFunction)
    return native_of(key, value, native_functions().aggregations);
  const std::vector<std::string> known = known_aggregations();
  if (!among(known, value.text)) {
    const std::string near = nearest_name(value.text, known);
    fail_at(place_of(key, value), "aggregation " + value.text + " is not in this version" +
                                      (near.empty() ? "" : "; did you mean " + near + "?"));
  }
  return value.text == "matthews_corrcoef" ? "mcc" : value.text;
}

[[noreturn]] void unknown_metric(const std::string& where, const std::string& name) {
  std::vector<std::string> names;
  for (const KnownMetric& metric : known_metrics()) names.push_back(metric.name);
  const std::string near = nearest_name(name, names);
  fail_at(where, "metric " + name + " is not in this version" +
                     (near.empty() ? "" : "; did you mean " + near + "?"));
}

/// Python's truth of a switch: task files hold texts there, too (a list that is none).
bool switched_on(const TaskKey& key, const YamlNode& node) {
  return plain_value(key, node).truthy();
}

/// An aggregation that compares generated texts gives the metric its values.
void set_comparison(MetricSpec& spec, const NativeComparison& comparison) {
  const std::string name = spec.metric;
  spec.native.emplace();
  spec.native->names = [name](const NativeArguments&) { return std::vector<std::string>{name}; };
  spec.native->values = [name, numbers = comparison.numbers](
                            const PyValue& reference, const PyValue& prediction,
                            const NativeArguments&) -> MetricValues {
    return {{name, numbers(reference, prediction)}};
  };
  spec.aggregation = comparison.aggregation;
}

void set_aggregation(MetricSpec& spec, const TaskKey& key, const YamlNode& value) {
  if (value.kind == YamlNode::Kind::kFunction)
    if (const auto* found = find_native(native_functions().comparisons, key.file, value.text))
      return set_comparison(spec, *found);
  spec.aggregation = aggregation_of(key, value);
}

/// `metric: !function` gives values of its own names; their aggregation is the mean unless told.
void set_native_metric(MetricSpec& spec, const TaskKey& key, const YamlNode& entry,
                       const YamlNode& name) {
  spec.native = native_of(key, name, native_functions().metrics);
  spec.metric = name.text.substr(name.text.rfind('.') + 1);
  for (const auto& [option, value] : entry.entries) {
    if (std::find(kMetricKeys.begin(), kMetricKeys.begin() + 4, option.text) ==
        kMetricKeys.begin() + 4)
      spec.arguments.emplace_back(option.text, PyValue::from_yaml(value));
  }
  spec.aggregation = "mean";
}

void set_metric_option(MetricSpec& spec, const TaskKey& key, const YamlNode& option,
                       const YamlNode& value) {
  const std::string& name = option.text;
  if (name == "aggregation") {
    set_aggregation(spec, key, value);
  } else if (name == "higher_is_better") {
    if (!value.is_null()) spec.higher_is_better = truth(key, value, name);
  } else if (name == "ignore_case") {
    spec.ignore_case = switched_on(key, value);
  } else if (name == "ignore_punctuation") {
    spec.ignore_punctuation = switched_on(key, value);
  } else if (name == "ignore_numbers") {
    spec.ignore_numbers = switched_on(key, value);
  } else if (name == "regexes_to_ignore") {
    if (!value.is_null()) spec.regexes_to_ignore = text_list(key, value, name);
  } else if (name == "average") {
    spec.arguments.emplace_back(name, PyValue::from_yaml(value));
  } else if (name == "hf_evaluate") {
    spec.hf_evaluate = truth(key, value, name);
  } else if (!among(kMetricKeys, name) && !among(kWithoutEffect, name)) {
    unknown_key(place_of(key, option), name, kMetricKeys);
  }
}

/// Output types whose figures lm-evaluation-harness takes from a list of its own.
bool passes_over(const std::string& output_type) {
  return output_type != "generate_until" && output_type != "perplexity_choice";
}

bool has_value(const MetricSpec& metric, const TaskSpec& task) {
  if (metric.native || task.process_results) return true;
  const KnownMetric* known = find_metric(metric.metric);
  return known && known->fits(task.output_type);
}

void check_kind(const MetricSpec& metric, const TaskSpec& task) {
  const bool generates = task.output_type == "generate_until";
  if (metric.native && !generates)
    fail_at(metric.where, "metric " + metric.metric + " of a function wants generated texts");
  if (metric.native || task.process_results || !generates) return;
  if (find_metric(metric.metric)->hf_evaluate && !metric.hf_evaluate)
    fail_at(metric.where, "metric " + metric.metric + " of generations wants hf_evaluate: true");
}

}  // namespace

MetricSpec read_metric(const TaskKey& key, const YamlNode& node, const TaskSpec& task) {
  MetricSpec spec;
  const YamlNode* name = node.find("metric");
  if (!name) fail_at(place_of(key, node), "a metric_list entry wants metric: NAME");
  const bool own_results = static_cast<bool>(task.process_results);
  spec.where = place_of(key, node);
  if (name->kind == YamlNode::Kind::kFunction && !own_results) {
    set_native_metric(spec, key, node, *name);
  } else {
    spec.metric = name->text;
    const KnownMetric* known = find_metric(spec.metric);
    if (!known && !own_results) unknown_metric(spec.where, spec.metric);
    spec.aggregation = known ? known->aggregation : "mean";
    spec.higher_is_better = !known || known->higher_is_better;
  }
  for (const auto& [option, value] : node.entries) {
    if (option.text == "metric" || (spec.native && find_argument(spec.arguments, option.text)))
      continue;
    set_metric_option(spec, key, option, value);
  }
  return spec;
}

std::vector<std::string> fitting_metrics(const std::string& output_type) {
  std::vector<std::string> names;
  for (const KnownMetric& metric : known_metrics())
    if (!metric.beside && !metric.constant && metric.fits(output_type))
      names.push_back(metric.name);
  return names;
}

void keep_fitting_metrics(TaskSpec& task) {
  const bool any = std::any_of(task.metrics.begin(), task.metrics.end(),
                               [&](const MetricSpec& metric) { return has_value(metric, task); });
  for (const MetricSpec& metric : task.metrics) {
    if (has_value(metric, task)) {
      check_kind(metric, task);
      continue;
    }
    const std::string why =
        "metric " + metric.metric + " does not fit output_type " + task.output_type;
    if (!any || !passes_over(task.output_type))
      fail_at(metric.where,
              why + "; those that do: " + joined(fitting_metrics(task.output_type), ", "));
    task.notes.push_back(metric.where + ": " + why + " and is left out");
  }
  std::erase_if(task.metrics, [&](const MetricSpec& metric) { return !has_value(metric, task); });
}

std::vector<MetricSpec> default_metrics(const std::string& output_type) {
  std::vector<std::string> names;
  if (output_type == "multiple_choice") names = {"acc", "acc_norm"};
  if (output_type == "perplexity_choice") names = {"acc"};
  if (output_type == "loglikelihood") names = {"perplexity", "acc"};
  if (output_type == "loglikelihood_rolling")
    names = {"word_perplexity", "byte_perplexity", "bits_per_byte"};
  if (output_type == "generate_until") names = {"exact_match"};
  std::vector<MetricSpec> metrics;
  for (const std::string& name : names) {
    MetricSpec metric;
    metric.metric = name;
    metric.aggregation = find_metric(name)->aggregation;
    metric.higher_is_better = find_metric(name)->higher_is_better;
    metrics.push_back(std::move(metric));
  }
  return metrics;
}

}  // namespace flm
