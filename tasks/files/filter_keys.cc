#include "tasks/files/filter_keys.h"

#include <algorithm>

#include "base/text/joined.h"
#include "base/text/nearest_name.h"
#include "tasks/files/readers.h"
#include "tasks/scoring/filters.h"

namespace flm {
namespace {

/// What a native filter takes is known to itself.
void refuse_unknown_arguments(const TaskKey& key, const YamlNode& entry, const FilterStep& step) {
  if (step.native) return;
  const std::vector<std::string>& known = filter_arguments(step.function);
  for (const auto& [option, value] : entry.entries)
    if (option.text != "function" &&
        std::find(known.begin(), known.end(), option.text) == known.end())
      fail_at(place_of(key, option), "the filter " + step.function + " takes " +
                                         (known.empty() ? "no arguments" : joined(known, ", ")) +
                                         ": " + option.text);
}

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
  std::vector<std::string> known = filter_functions();
  known.push_back("custom");
  if (std::find(known.begin(), known.end(), step.function) == known.end()) {
    const std::string near = nearest_name(step.function, known);
    fail_at(step.where, "unknown filter function " + step.function +
                            (near.empty() ? "" : "; did you mean " + near + "?"));
  }
  refuse_unknown_arguments(key, entry, step);
  if (step.function == "custom" && !step.native)
    fail_at(step.where, "the filter custom wants filter_fn: !function module.name");
  return step;
}

}  // namespace

FilterPipeline read_filter_pipeline(const TaskKey& key, const YamlNode& node) {
  FilterPipeline pipeline;
  const YamlNode *name = node.find("name"), *steps = node.find("filter");
  if (!name || name->is_null() || name->is_map() || name->is_list() || !steps || !steps->is_list())
    fail_at(place_of(key, node), "a filter wants name and filter: [{function: ...}]");
  pipeline.name = plain_value(key, *name).str();  // a number is a name, too
  for (const YamlNode& entry : steps->items) pipeline.steps.push_back(filter_step(key, entry));
  return pipeline;
}

}  // namespace flm
