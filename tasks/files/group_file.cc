#include "tasks/files/group_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/documents/yaml_keys.h"
#include "base/errors.h"
#include "base/text/nearest_name.h"
#include "tasks/python/value.h"

namespace flm {
namespace {

const std::vector<std::string> kGroupKeys = {
    "group", "group_alias", "task", "aggregate_metric_list", "metadata", "tag"};
const std::vector<std::string> kAggregateKeys = {"metric", "weight_by_size", "filter_list",
                                                 "aggregation"};

[[noreturn]] void fail(const TaskKey& key, const YamlNode& node, const std::string& message) {
  refuse_node(key.file, node, message);
}

void set_metric_key(GroupMetric& metric, const TaskKey& list, const YamlNode& name,
                    const YamlNode& value) {
  if (name.text == "metric") {
    metric.metric = value.text;
  } else if (name.text == "weight_by_size") {
    if (value.kind != YamlNode::Kind::kBool)
      fail(list, value, "weight_by_size must be true or false: " + value.text);
    metric.weight_by_size = value.boolean;
  } else if (name.text == "filter_list") {
    if (value.is_string()) metric.filters = {value.text};
    for (const YamlNode& item : value.items) metric.filters.push_back(item.text);
  } else if (name.text == "aggregation") {
    if (value.text != "mean")
      fail(list, value, "a group's aggregation must be mean: " + value.text);
  } else {
    const std::string near = nearest_name(name.text, kAggregateKeys);
    fail(list, name,
         "unknown key " + name.text + (near.empty() ? "" : "; did you mean " + near + "?"));
  }
}

GroupMetric group_metric(const TaskKey& list, const YamlNode& node) {
  GroupMetric metric;
  metric.where = list.file + ":" + std::to_string(node.line);
  for (const auto& [name, value] : node.entries) set_metric_key(metric, list, name, value);
  if (metric.metric.empty()) fail(list, node, "an aggregate_metric_list entry wants metric: NAME");
  return metric;
}

/// A group's version is a string.
std::string version_of(const TaskFile& file) {
  const TaskKey* metadata = file.find("metadata");
  const YamlNode* version = metadata ? metadata->value.find("version") : nullptr;
  return version ? Json(PyValue::from_yaml(*version).str()).dump() : "";
}

}  // namespace

bool is_group_key(const std::string& name) {
  return std::find(kGroupKeys.begin(), kGroupKeys.end(), name) != kGroupKeys.end();
}

GroupSpec read_group_spec(const TaskFile& file) {
  GroupSpec spec;
  spec.name = file.text("group");
  spec.alias = file.text("group_alias");
  spec.version = version_of(file);
  if (const TaskKey* list = file.find("aggregate_metric_list")) {
    if (list->value.is_map()) spec.metrics.push_back(group_metric(*list, list->value));
    for (const YamlNode& metric : list->value.items)
      spec.metrics.push_back(group_metric(*list, metric));
  }
  for (const TaskKey& key : file.keys) {
    if (!is_group_key(key.name)) spec.defaults.push_back(key);
  }
  const TaskKey* tasks = file.find("task");
  if (!tasks || !tasks->value.is_list())
    throw UserError(file.path + ": group " + spec.name + " needs task: [NAME, ...]");
  spec.members = tasks->value;
  return spec;
}

}  // namespace flm
