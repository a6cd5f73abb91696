#include "tasks/files/task_keys.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/errors.h"
#include "base/text/joined.h"
#include "tasks/files/filter_keys.h"
#include "tasks/files/metric_keys.h"
#include "tasks/files/readers.h"
#include "tasks/files/refused_keys.h"

namespace flm {
namespace {

TextRule text_rule(const TaskKey& key, const YamlNode& node) {
  TextRule rule;
  rule.where = place_of(key, node);
  if (node.is_null()) return rule;
  if (node.kind == YamlNode::Kind::kFunction) {
    rule.kind = TextRule::Kind::kFunction;
    rule.function = native_of(key, node, native_functions().doc_values);
    return rule;
  }
  rule.kind = node.is_string() ? TextRule::Kind::kText : TextRule::Kind::kValue;
  if (node.is_string()) {
    rule.text = node.text;
  } else {
    rule.value = plain_value(key, node);
  }
  return rule;
}

FewshotConfig fewshot_config(const TaskKey& key) {
  static const std::vector<std::string> known = {
      "sampler",       "split",         "samples",          "doc_to_text",
      "doc_to_target", "doc_to_choice", "target_delimiter", "fewshot_delimiter",
      "gen_prefix",    "process_docs",  "fewshot_indices"};
  FewshotConfig config;
  if (key.value.is_null()) return config;
  if (!key.value.is_map()) fail_at(key.where(), "fewshot_config must be a map");
  for (const auto& [option, value] : key.value.entries) {
    const std::string& name = option.text;
    const bool function = value.kind == YamlNode::Kind::kFunction;
    if (name == "sampler") {
      if (value.text != "default" && value.text != "first_n")
        fail_at(place_of(key, value), "sampler must be default or first_n: " + value.text);
      config.sampler = value.text;
    } else if (name == "split") {
      config.split = plain_text(key, value, name);
    } else if (name == "process_docs") {
      if (function) config.process_docs = native_of(key, value, native_functions().process_docs);
    } else if (name == "samples" && function) {
      config.samples = PyValue(native_of(key, value, native_functions().samples)());
    } else if (name == "samples") {
      if (!value.is_list()) fail_at(place_of(key, value), "samples must be a list of rows");
      config.samples = plain_value(key, value);
      for (const YamlNode& row : value.items)
        if (!row.is_map()) fail_at(place_of(key, row), "samples must be a list of rows (maps)");
    } else if (name == "doc_to_text") {
      config.doc_to_text = text_rule(key, value);
    } else if (name == "doc_to_target") {
      config.doc_to_target = text_rule(key, value);
    } else if (name == "doc_to_choice") {
      config.doc_to_choice = text_rule(key, value);
    } else if (name == "target_delimiter") {
      if (!value.is_null()) config.target_delimiter = plain_text(key, value, name);
    } else if (name == "fewshot_delimiter") {
      if (!value.is_null()) config.fewshot_delimiter = plain_text(key, value, name);
    } else if (name == "gen_prefix") {
      config.gen_prefix = plain_text(key, value, name);
    } else if (std::find(known.begin(), known.end(), name) == known.end()) {
      unknown_key(place_of(key, option), name, known);
    }
  }
  return config;
}

void set_protocol(TaskSpec& spec, const TaskKey& key) {
  BpbProtocol protocol = spec.bpb.value_or(BpbProtocol{});
  if (key.name == "context") protocol.context = whole_number(key, 1);
  if (key.name == "stride") protocol.stride = whole_number(key, 1);
  if (key.name == "prefix_token_id") protocol.prefix = key.value.text;
  if (key.name == "window") {
    protocol.window = text_of(key);
    if (protocol.window != "stride" && protocol.window != "rolling" && protocol.window != "packed")
      fail_at(key.where(), "window must be stride, rolling or packed: " + protocol.window);
  }
  spec.bpb = protocol;
}

/// Of two entries for one metric the later counts.
void put_metric(std::vector<MetricSpec>& metrics, MetricSpec metric) {
  for (MetricSpec& earlier : metrics) {
    if (earlier.metric != metric.metric) continue;
    earlier = std::move(metric);
    return;
  }
  metrics.push_back(std::move(metric));
}

std::string version_of(const TaskKey& key) {
  const YamlNode* version = key.value.find("version");
  if (!version) return "\"Yaml\"";
  if (version->is_null()) return "null";
  return plain_value(key, *version).to_json().dump();
}

/// Before the others: it decides what metric_list's names mean.
void set_process_results(TaskSpec& spec, const TaskFile& file) {
  const TaskKey* key = file.find("process_results");
  if (!key || key->value.is_null()) return;
  spec.process_results = native_of(*key, function_of(*key), native_functions().process_results);
}

using Setter = void (*)(TaskSpec&, const TaskKey&);

/// Every key that is understood. An empty setter: accepted and without effect on figures.
const std::vector<std::pair<std::string, Setter>>& setters() {
  static const Setter refuse = [](TaskSpec&, const TaskKey& k) { refuse_key(k); };
  static const Setter ignore = [](TaskSpec&, const TaskKey&) {};
  static const std::vector<std::pair<std::string, Setter>> all = {
      {"task", [](TaskSpec& s, const TaskKey& k) { s.name = text_of(k); }},
      {"task_alias", [](TaskSpec& s, const TaskKey& k) { s.alias = text_of(k); }},
      {"tag",
       [](TaskSpec& s, const TaskKey& k) {
         if (!k.value.is_null()) s.tags = text_list(k, k.value, k.name);
       }},
      {"group", [](TaskSpec& s, const TaskKey& k) { s.tags = text_list(k, k.value, k.name); }},
      {"dataset_path", [](TaskSpec& s, const TaskKey& k) { s.dataset_path = text_of(k); }},
      {"dataset_name", [](TaskSpec& s, const TaskKey& k) { s.dataset_name = text_of(k); }},
      {"dataset_kwargs",
       [](TaskSpec& s, const TaskKey& k) {
         if (!k.value.is_null() && !k.value.is_map())
           fail_at(k.where(), "dataset_kwargs must be a map of arguments: " + k.value.text);
         s.dataset_kwargs_json = k.value.is_null() ? "" : plain_value(k, k.value).to_json().dump();
       }},
      {"training_split", [](TaskSpec& s, const TaskKey& k) { s.training_split = text_of(k); }},
      {"validation_split", [](TaskSpec& s, const TaskKey& k) { s.validation_split = text_of(k); }},
      {"test_split", [](TaskSpec& s, const TaskKey& k) { s.test_split = text_of(k); }},
      {"fewshot_split", [](TaskSpec& s, const TaskKey& k) { s.fewshot_split = text_of(k); }},
      {"doc_to_text", [](TaskSpec& s, const TaskKey& k) { s.doc_to_text = text_rule(k, k.value); }},
      {"doc_to_target",
       [](TaskSpec& s, const TaskKey& k) { s.doc_to_target = text_rule(k, k.value); }},
      {"doc_to_choice",
       [](TaskSpec& s, const TaskKey& k) { s.doc_to_choice = text_rule(k, k.value); }},
      {"description", [](TaskSpec& s, const TaskKey& k) { s.description = text_of(k); }},
      {"cluster", [](TaskSpec& s, const TaskKey& k) { s.cluster = text_of(k); }},
      {"target_delimiter", [](TaskSpec& s, const TaskKey& k) { s.target_delimiter = text_of(k); }},
      {"fewshot_delimiter",
       [](TaskSpec& s, const TaskKey& k) { s.fewshot_delimiter = text_of(k); }},
      {"gen_prefix", [](TaskSpec& s, const TaskKey& k) { s.gen_prefix = text_of(k); }},
      {"num_fewshot",
       [](TaskSpec& s, const TaskKey& k) {
         if (!k.value.is_null()) s.num_fewshot = whole_number(k, 0);
       }},
      {"fewshot_config", [](TaskSpec& s, const TaskKey& k) { s.fewshot = fewshot_config(k); }},
      {"output_type",
       [](TaskSpec& s, const TaskKey& k) {
         static const std::vector<std::string> types = {"multiple_choice", "loglikelihood",
                                                        "loglikelihood_rolling", "generate_until",
                                                        "perplexity_choice"};
         s.output_type = text_of(k);
         if (std::find(types.begin(), types.end(), s.output_type) == types.end())
           fail_at(k.where(),
                   "output_type is one of " + joined(types, ", ") + ": " + s.output_type);
       }},
      {"generation_kwargs",
       [](TaskSpec& s, const TaskKey& k) {
         if (!k.value.is_null() && !k.value.is_map())
           fail_at(k.where(), "generation_kwargs must be a map of arguments: " + k.value.text);
         s.generation_kwargs = plain_value(k, k.value);
       }},
      {"repeats", [](TaskSpec& s, const TaskKey& k) { s.repeats = whole_number(k, 1); }},
      {"filter_list",
       [](TaskSpec& s, const TaskKey& k) {
         for (const YamlNode& node : list_of(k)) s.filters.push_back(read_filter_pipeline(k, node));
       }},
      {"metric_list",
       [](TaskSpec& s, const TaskKey& k) {
         for (const YamlNode& node : list_of(k)) put_metric(s.metrics, read_metric(k, node, s));
       }},
      {"metadata", [](TaskSpec& s, const TaskKey& k) { s.version_json = version_of(k); }},
      {"context", set_protocol},
      {"stride", set_protocol},
      {"window", set_protocol},
      {"prefix_token_id", set_protocol},
      {"process_docs",
       [](TaskSpec& s, const TaskKey& k) {
         if (!k.value.is_null())
           s.process_docs = native_of(k, function_of(k), native_functions().process_docs);
       }},
      {"process_results", ignore},  // read before the others
      {"should_decontaminate", ignore},
      {"doc_to_decontamination_query", ignore},
      {"unsafe_code", ignore},
      {"task_list", ignore},
      {"use_prompt", refuse},
      {"doc_to_image", refuse},
      {"doc_to_audio", refuse},
      {"custom_dataset", refuse},
  };
  return all;
}

std::string merged_json(const TaskFile& file) {
  Json json = Json::object();
  for (const TaskKey& key : file.keys) json[key.name] = PyValue::from_yaml(key.value).to_json();
  return compact_json(json);
}

void check_whole(const TaskSpec& spec, const TaskFile& file) {
  if (spec.name.empty()) fail_at(file.path + ":1", "a task file needs task: NAME");
  if (spec.dataset_path.empty())
    fail_at(file.path + ":1", "task " + spec.name + " needs dataset_path");
  if (spec.evaluated_split().empty())
    fail_at(file.path + ":1", "task " + spec.name + " needs test_split or validation_split");
  if (!spec.doc_to_target.set())
    fail_at(file.path + ":1", "task " + spec.name + " needs doc_to_target");
  const bool choices =
      spec.output_type == "multiple_choice" || spec.output_type == "perplexity_choice";
  if (choices && !spec.doc_to_choice.set())
    fail_at(file.path + ":1", "task " + spec.name + " needs doc_to_choice");
}

}  // namespace

TaskSpec read_task_spec(const TaskFile& file) {
  TaskSpec spec;
  spec.folder = file.path.substr(0, file.path.find_last_of('/') + 1);
  set_process_results(spec, file);
  std::vector<std::string> known;
  for (const auto& [name, setter] : setters()) known.push_back(name);
  for (const TaskKey& key : file.keys) {
    const auto setter = std::find_if(setters().begin(), setters().end(),
                                     [&](const auto& s) { return s.first == key.name; });
    if (setter == setters().end()) unknown_key(key.where(), key.name, known);
    setter->second(spec, key);
    spec.places[key.name] = key.where();
  }
  for (const std::string& name : known) spec.places.emplace(name, file.path + ":1");
  check_whole(spec, file);
  keep_fitting_metrics(spec);
  if (spec.alias.empty()) spec.alias = spec.name;
  if (spec.output_type == "perplexity_choice" && !spec.bpb) {
    spec.bpb.emplace();
    spec.bpb->prefix = "tokenizer";
  }
  if (spec.metrics.empty()) spec.metrics = default_metrics(spec.output_type);
  if (spec.filters.empty()) spec.filters = {{"none", {{"take_first", {}, file.path}}}};
  spec.config_json = merged_json(file);
  return spec;
}

}  // namespace flm
