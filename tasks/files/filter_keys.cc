#include <algorithm>

#include "tasks/files/spec_reader.h"

namespace flm {
namespace {

const std::vector<std::string> kFilterFunctions = {
    "take_first",         "take_first_k", "majority_vote", "regex",
    "multi_choice_regex", "lowercase",    "uppercase",     "remove_whitespace",
    "regex_pos",          "format_span",  "map",           "custom"};

FilterStep filter_step(const TaskKey& key, const YamlNode& entry) {
  FilterStep step;
  step.where = place_of(key, entry);
  for (const auto& [option, value] : entry.entries) {
    const bool function = value.kind == YamlNode::Kind::kFunction;
    if (function) step.native = native_of(key, value, native_functions().filters);
    if (option.text == "function") {
      step.function = function ? "custom" : value.text;
    } else if (!function) {
      step.arguments.emplace_back(option.text, PyValue::from_yaml(value));
    }
  }
  if (std::find(kFilterFunctions.begin(), kFilterFunctions.end(), step.function) ==
      kFilterFunctions.end()) {
    const std::string near = nearest_name(step.function, kFilterFunctions);
    fail_at(step.where, "unknown filter function " + step.function +
                            (near.empty() ? "" : "; did you mean " + near + "?"));
  }
  if (step.function == "custom" && !step.native)
    fail_at(step.where, "the filter custom wants filter_fn: !function module.name");
  return step;
}

}  // namespace

FilterPipeline read_filter_pipeline(const TaskKey& key, const YamlNode& node) {
  FilterPipeline pipeline;
  const YamlNode *name = node.find("name"), *steps = node.find("filter");
  if (!name || !name->is_string() || !steps || !steps->is_list())
    fail_at(place_of(key, node), "a filter wants name and filter: [{function: ...}]");
  pipeline.name = name->text;
  for (const YamlNode& entry : steps->items) pipeline.steps.push_back(filter_step(key, entry));
  return pipeline;
}

const PyValue* FilterStep::find(const std::string& name) const {
  for (const auto& [key, value] : arguments) {
    if (key == name) return &value;
  }
  return nullptr;
}

}  // namespace flm
