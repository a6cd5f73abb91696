#include "tasks/task_spec.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/json.h"

namespace flm {
namespace {

[[noreturn]] void fail(const std::string& where, const std::string& message) {
  throw UserError(where + ": " + message);
}

std::string at(const TaskKey& key, const YamlNode& node) {
  return key.file + ":" + std::to_string(node.line > 0 ? node.line : key.value.line);
}

std::string text_of(const TaskKey& key) {
  if (key.value.kind == YamlNode::Kind::kFunction)
    fail(key.where(), key.name + " takes no !function: " + key.value.text);
  if (key.value.is_null()) return "";
  if (!key.value.is_string()) fail(key.where(), key.name + " must be text");
  return key.value.text;
}

int whole_number(const TaskKey& key, int least) {
  if (key.value.kind != YamlNode::Kind::kInt || key.value.integer < least ||
      key.value.integer > 1'000'000'000) {
    fail(key.where(), key.name + " must be a whole number of at least " + std::to_string(least) +
                          ": " + key.value.text);
  }
  return static_cast<int>(key.value.integer);
}

bool truth(const TaskKey& key, const YamlNode& node, const std::string& name) {
  if (node.kind != YamlNode::Kind::kBool)
    fail(at(key, node), name + " must be true or false: " + node.text);
  return node.boolean;
}

std::vector<std::string> text_list(const TaskKey& key, const YamlNode& node,
                                   const std::string& name) {
  std::vector<std::string> out;
  if (node.is_string()) return {node.text};
  if (!node.is_list()) fail(at(key, node), name + " must be text or a list of texts");
  for (const YamlNode& item : node.items) {
    if (!item.is_string()) fail(at(key, item), name + " must be a list of texts: " + item.text);
    out.push_back(item.text);
  }
  return out;
}

[[noreturn]] void refuse_function(const TaskKey& key, const YamlNode& node) {
  const std::string native = native_keys(key.file, node.text).back();
  fail(at(key, node), "!function " + node.text +
                          " is not among the native functions; add one in tasks/native/ or write "
                          "the task without Python: " +
                          native);
}

/// The native function of one kind that a !function node names.
template <class Function>
const Function& native(const TaskKey& key, const YamlNode& node,
                       const std::map<std::string, Function>& kind) {
  if (const Function* found = find_native(kind, key.file, node.text)) return *found;
  refuse_function(key, node);
}

[[noreturn]] void unknown_key(const std::string& where, const std::string& name,
                              const std::vector<std::string>& known) {
  const std::string near = nearest_name(name, known);
  fail(where, "unknown key " + name + (near.empty() ? "" : "; did you mean " + near + "?"));
}

TextRule text_rule(const TaskKey& key, const YamlNode& node) {
  TextRule rule;
  rule.where = at(key, node);
  if (node.is_null()) return rule;
  if (node.kind == YamlNode::Kind::kFunction) {
    rule.kind = TextRule::Kind::kFunction;
    rule.function = native(key, node, native_functions().doc_values);
    return rule;
  }
  rule.kind = node.is_string() ? TextRule::Kind::kText : TextRule::Kind::kValue;
  if (node.is_string()) {
    rule.text = node.text;
  } else {
    rule.value = PyValue::from_yaml(node);
  }
  return rule;
}

const std::vector<std::string> kFilterFunctions = {
    "take_first",         "take_first_k", "majority_vote", "regex",
    "multi_choice_regex", "lowercase",    "uppercase",     "remove_whitespace",
    "regex_pos",          "format_span",  "map",           "custom"};

FilterStep filter_step(const TaskKey& key, const YamlNode& entry) {
  FilterStep step;
  step.where = at(key, entry);
  for (const auto& [option, value] : entry.entries) {
    const bool function = value.kind == YamlNode::Kind::kFunction;
    if (function) step.native = native(key, value, native_functions().filters);
    if (option.text == "function") {
      step.function = function ? "custom" : value.text;
    } else if (!function) {
      step.arguments.emplace_back(option.text, PyValue::from_yaml(value));
    }
  }
  if (std::find(kFilterFunctions.begin(), kFilterFunctions.end(), step.function) ==
      kFilterFunctions.end()) {
    const std::string near = nearest_name(step.function, kFilterFunctions);
    fail(step.where, "unknown filter function " + step.function +
                         (near.empty() ? "" : "; did you mean " + near + "?"));
  }
  if (step.function == "custom" && !step.native)
    fail(step.where, "the filter custom wants filter_fn: !function module.name");
  return step;
}

FilterPipeline filter_pipeline(const TaskKey& key, const YamlNode& node) {
  FilterPipeline pipeline;
  const YamlNode *name = node.find("name"), *steps = node.find("filter");
  if (!name || !name->is_string() || !steps || !steps->is_list())
    fail(at(key, node), "a filter wants name and filter: [{function: ...}]");
  pipeline.name = name->text;
  for (const YamlNode& entry : steps->items) pipeline.steps.push_back(filter_step(key, entry));
  return pipeline;
}

const std::vector<std::string> kMetricKeys = {
    "metric",      "aggregation",        "higher_is_better", "hf_evaluate",
    "ignore_case", "ignore_punctuation", "ignore_numbers",   "regexes_to_ignore"};

/// `metric: !function` gives values of its own names; their aggregation is the mean unless told.
void set_native_metric(MetricSpec& spec, const TaskKey& key, const YamlNode& entry,
                       const YamlNode& name) {
  spec.native = native(key, name, native_functions().metrics);
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
  const bool function = value.kind == YamlNode::Kind::kFunction;
  if (name == "aggregation") {
    spec.aggregation = function ? native(key, value, native_functions().aggregations) : value.text;
  } else if (name == "higher_is_better") {
    spec.higher_is_better = truth(key, value, name);
  } else if (name == "ignore_case") {
    spec.ignore_case = truth(key, value, name);
  } else if (name == "ignore_punctuation") {
    spec.ignore_punctuation = truth(key, value, name);
  } else if (name == "ignore_numbers") {
    spec.ignore_numbers = truth(key, value, name);
  } else if (name == "regexes_to_ignore") {
    spec.regexes_to_ignore = text_list(key, value, name);
  } else if (std::find(kMetricKeys.begin(), kMetricKeys.end(), name) == kMetricKeys.end()) {
    unknown_key(at(key, option), name, kMetricKeys);
  }
}

/// With process_results the names are the function's own.
MetricSpec metric_spec(const TaskKey& key, const YamlNode& node, bool own_results) {
  MetricSpec spec;
  const YamlNode* name = node.find("metric");
  if (!name) fail(at(key, node), "a metric_list entry wants metric: NAME");
  if (name->kind == YamlNode::Kind::kFunction && !own_results) {
    set_native_metric(spec, key, node, *name);
  } else {
    spec.metric = name->text;
    const auto known = metric_default(spec.metric);
    if (!known && !own_results)
      fail(at(key, node), "metric " + spec.metric + " is not in this version");
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

FewshotConfig fewshot_config(const TaskKey& key) {
  static const std::vector<std::string> known = {
      "sampler",       "split",         "samples",          "doc_to_text",
      "doc_to_target", "doc_to_choice", "target_delimiter", "fewshot_delimiter",
      "gen_prefix",    "process_docs",  "fewshot_indices"};
  FewshotConfig config;
  if (key.value.is_null()) return config;
  if (!key.value.is_map()) fail(key.where(), "fewshot_config must be a map");
  for (const auto& [option, value] : key.value.entries) {
    const std::string& name = option.text;
    const bool function = value.kind == YamlNode::Kind::kFunction;
    if (name == "sampler") {
      if (value.text != "default" && value.text != "first_n")
        fail(at(key, value), "sampler must be default or first_n: " + value.text);
      config.sampler = value.text;
    } else if (name == "split") {
      config.split = value.text;
    } else if (name == "process_docs") {
      if (function) config.process_docs = native(key, value, native_functions().process_docs);
    } else if (name == "samples" && function) {
      config.samples = PyValue(native(key, value, native_functions().samples)());
    } else if (name == "samples") {
      if (!value.is_list()) fail(at(key, value), "samples must be a list of rows");
      config.samples = PyValue::from_yaml(value);
    } else if (name == "doc_to_text") {
      config.doc_to_text = text_rule(key, value);
    } else if (name == "doc_to_target") {
      config.doc_to_target = text_rule(key, value);
    } else if (name == "doc_to_choice") {
      config.doc_to_choice = text_rule(key, value);
    } else if (name == "target_delimiter") {
      config.target_delimiter = value.text;
    } else if (name == "fewshot_delimiter") {
      config.fewshot_delimiter = value.text;
    } else if (name == "gen_prefix") {
      config.gen_prefix = value.text;
    } else if (std::find(known.begin(), known.end(), name) == known.end()) {
      unknown_key(at(key, option), name, known);
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
    if (protocol.window != "stride" && protocol.window != "rolling")
      fail(key.where(), "window must be stride or rolling: " + protocol.window);
  }
  spec.bpb = protocol;
}

std::string version_of(const TaskKey& key) {
  const YamlNode* version = key.value.find("version");
  if (!version || version->is_null()) return "null";
  return PyValue::from_yaml(*version).to_json().dump();
}

const YamlNode& function_of(const TaskKey& key) {
  if (key.value.kind != YamlNode::Kind::kFunction)
    fail(key.where(), key.name + " must be !function module.name: " + key.value.text);
  return key.value;
}

/// Before the others: it decides what metric_list's names mean.
void set_process_results(TaskSpec& spec, const TaskFile& file) {
  const TaskKey* key = file.find("process_results");
  if (!key || key->value.is_null()) return;
  spec.process_results = native(*key, function_of(*key), native_functions().process_results);
}

using Setter = void (*)(TaskSpec&, const TaskKey&);

/// Every key that is understood. An empty setter: accepted and without effect on figures.
const std::vector<std::pair<std::string, Setter>>& setters() {
  static const Setter refuse = [](TaskSpec&,
                                  const TaskKey& k) {  // it would change prompts or scores
    if (!k.value.is_null())
      fail(k.where(), k.name + " is not in this version; take it out or write the task without it");
  };
  static const Setter ignore = [](TaskSpec&, const TaskKey&) {};
  static const std::vector<std::pair<std::string, Setter>> all = {
      {"task", [](TaskSpec& s, const TaskKey& k) { s.name = text_of(k); }},
      {"task_alias", [](TaskSpec& s, const TaskKey& k) { s.alias = text_of(k); }},
      {"tag", [](TaskSpec& s, const TaskKey& k) { s.tags = text_list(k, k.value, k.name); }},
      {"group", [](TaskSpec& s, const TaskKey& k) { s.tags = text_list(k, k.value, k.name); }},
      {"dataset_path", [](TaskSpec& s, const TaskKey& k) { s.dataset_path = text_of(k); }},
      {"dataset_name", [](TaskSpec& s, const TaskKey& k) { s.dataset_name = text_of(k); }},
      {"dataset_kwargs",
       [](TaskSpec& s, const TaskKey& k) {
         s.dataset_kwargs_json =
             k.value.is_null() ? "" : PyValue::from_yaml(k.value).to_json().dump();
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
                                                        "loglikelihood_rolling", "generate_until"};
         s.output_type = text_of(k);
         if (std::find(types.begin(), types.end(), s.output_type) == types.end())
           fail(k.where(), "unknown output_type " + s.output_type);
       }},
      {"generation_kwargs",
       [](TaskSpec& s, const TaskKey& k) { s.generation_kwargs = PyValue::from_yaml(k.value); }},
      {"repeats", [](TaskSpec& s, const TaskKey& k) { s.repeats = whole_number(k, 1); }},
      {"filter_list",
       [](TaskSpec& s, const TaskKey& k) {
         for (const YamlNode& node : k.value.items) s.filters.push_back(filter_pipeline(k, node));
       }},
      {"metric_list",
       [](TaskSpec& s, const TaskKey& k) {
         for (const YamlNode& node : k.value.items)
           s.metrics.push_back(metric_spec(k, node, static_cast<bool>(s.process_results)));
       }},
      {"metadata", [](TaskSpec& s, const TaskKey& k) { s.version_json = version_of(k); }},
      {"context", set_protocol},
      {"stride", set_protocol},
      {"window", set_protocol},
      {"prefix_token_id", set_protocol},
      {"process_docs",
       [](TaskSpec& s, const TaskKey& k) {
         if (!k.value.is_null())
           s.process_docs = native(k, function_of(k), native_functions().process_docs);
       }},
      {"process_results", ignore},  // read before the others
      {"should_decontaminate", ignore},
      {"doc_to_decontamination_query", ignore},
      {"unsafe_code", ignore},
      {"use_prompt", refuse},
  };
  return all;
}

std::vector<MetricSpec> default_metrics(const TaskSpec& spec) {
  std::vector<std::string> names;
  if (spec.output_type == "multiple_choice") names = {"acc", "acc_norm"};
  if (spec.output_type == "loglikelihood") names = {"perplexity", "acc"};
  if (spec.output_type == "loglikelihood_rolling")
    names = {"word_perplexity", "byte_perplexity", "bits_per_byte"};
  if (spec.output_type == "generate_until") names = {"exact_match"};
  std::vector<MetricSpec> metrics;
  for (const std::string& name : names) {
    MetricSpec metric;
    metric.metric = name;
    metric.aggregation = metric_default(name)->aggregation;
    metric.higher_is_better = metric_default(name)->higher_is_better;
    metrics.push_back(std::move(metric));
  }
  return metrics;
}

std::string merged_json(const TaskFile& file) {
  Json json = Json::object();
  for (const TaskKey& key : file.keys) json[key.name] = PyValue::from_yaml(key.value).to_json();
  return compact_json(json);
}

void check_whole(const TaskSpec& spec, const TaskFile& file) {
  if (spec.name.empty()) fail(file.path + ":1", "a task file needs task: NAME");
  if (spec.dataset_path.empty())
    fail(file.path + ":1", "task " + spec.name + " needs dataset_path");
  if (spec.evaluated_split().empty())
    fail(file.path + ":1", "task " + spec.name + " needs test_split or validation_split");
  if (!spec.doc_to_target.set())
    fail(file.path + ":1", "task " + spec.name + " needs doc_to_target");
  if (spec.output_type == "multiple_choice" && !spec.doc_to_choice.set())
    fail(file.path + ":1", "task " + spec.name + " needs doc_to_choice");
}

}  // namespace

const PyValue* FilterStep::find(const std::string& name) const {
  for (const auto& [key, value] : arguments) {
    if (key == name) return &value;
  }
  return nullptr;
}

std::optional<MetricDefault> metric_default(const std::string& metric) {
  static const std::map<std::string, MetricDefault> known = {
      {"acc", {"mean", true}},
      {"acc_norm", {"mean", true}},
      {"acc_bytes", {"mean", true}},
      {"acc_mutual_info", {"mean", true}},
      {"exact_match", {"mean", true}},
      {"brier_score", {"brier_score", false}},
      {"f1", {"f1", true}},
      {"mcc", {"mcc", true}},
      {"perplexity", {"perplexity", false}},
      {"word_perplexity", {"weighted_perplexity", false}},
      {"byte_perplexity", {"weighted_perplexity", false}},
      {"bits_per_byte", {"bits_per_byte", false}},
      {"bpb", {"bpb", false}},
  };
  const auto found = known.find(metric);
  return found == known.end() ? std::nullopt : std::optional(found->second);
}

TaskSpec make_task_spec(const TaskFile& file) {
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
  }
  check_whole(spec, file);
  if (spec.alias.empty()) spec.alias = spec.name;
  if (spec.metrics.empty()) spec.metrics = default_metrics(spec);
  if (spec.filters.empty()) spec.filters = {{"none", {{"take_first", {}, file.path}}}};
  spec.config_json = merged_json(file);
  return spec;
}

std::string nearest_name(const std::string& name, const std::vector<std::string>& known) {
  std::string best;
  std::size_t least = name.size() / 2 + 1;  // farther is no help
  for (const std::string& candidate : known) {
    std::vector<std::size_t> row(candidate.size() + 1);
    for (std::size_t j = 0; j <= candidate.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= name.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i;
      for (std::size_t j = 1; j <= candidate.size(); ++j) {
        const std::size_t change = diagonal + (name[i - 1] != candidate[j - 1]);
        diagonal = row[j];
        row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
      }
    }
    if (row.back() < least) least = row.back(), best = candidate;
  }
  return best;
}

}  // namespace flm
