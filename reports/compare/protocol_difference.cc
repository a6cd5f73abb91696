#include "reports/compare/protocol_difference.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/sha256.h"
#include "base/text/joined.h"
#include "reports/compare/logs/digest.h"

namespace flm {
namespace {

constexpr std::size_t kShownValue = 120;  // bytes of JSON that a message can hold

/// What lm-evaluation-harness takes where a task file says nothing.
Json default_of(const std::string& key) {
  if (key == "target_delimiter") return " ";
  if (key == "fewshot_delimiter") return "\n\n";
  if (key == "fewshot_as_multiturn") return false;
  if (key == "repeats") return 1;
  return nullptr;
}

/// Of a task that generates: with what lm-evaluation-harness adds, which not every log has.
Json generation_of(const Json& config) {
  const auto own = [&](const char* key) {
    return config.is_object() && config.contains(key) ? config.at(key) : Json();
  };
  Json out = own("generation_kwargs");
  if (const Json type = own("output_type"); !type.is_null() && type != "generate_until") return out;
  if (!out.is_object() || out.empty())
    out = {{"temperature", 0.0}, {"do_sample", false}, {"max_gen_toks", 256}};
  if (out.contains("temperature") && out["temperature"].is_number())
    out["temperature"] = out["temperature"].get<double>();
  const Json delimiter = own("fewshot_delimiter");
  if (!out.contains("until"))
    out["until"] = Json::array({delimiter.is_null() ? "\n\n" : delimiter});
  return out;
}

/// null, "" and [] mean the same as no key, but for a delimiter, which may be empty.
Json value_of(const Json& config, const std::string& key) {
  if (key == "generation_kwargs") return generation_of(config);
  const Json otherwise = default_of(key);
  if (!config.is_object() || !config.contains(key)) return otherwise;
  const Json& value = config.at(key);
  if (value.is_null()) return otherwise;
  const bool nothing = value.is_structured() ? value.empty() : value == "";
  return nothing && otherwise.is_null() ? otherwise : value;
}

/// As it can be shown: a long value by its hash.
std::string shown(const Json& value) {
  const std::string text = value.dump();
  return text.size() <= kShownValue ? text
                                    : Json("sha256:" + sha256_hex(text).substr(0, 12)).dump();
}

std::optional<ProtocolDifference> differing(const std::string& name, const Json& a, const Json& b) {
  if (canonical_text(a) == canonical_text(b)) return std::nullopt;
  return ProtocolDifference{name, shown(a), shown(b)};
}

Json as_written(const Json& config, const std::string& key) {
  return config.is_object() && config.contains(key) ? config.at(key) : Json();
}

std::optional<ProtocolDifference> first_of(const std::vector<std::string>& keys, const Json& a,
                                           const Json& b) {
  for (const std::string& key : keys)
    if (differing(key, value_of(a, key), value_of(b, key)))
      return ProtocolDifference{key, shown(as_written(a, key)), shown(as_written(b, key))};
  return std::nullopt;
}

/// Keys of a task file in the order in which they are named; the others that make prompts follow.
const std::vector<std::string> kPromptKeys = {"doc_to_text", "description", "target_delimiter",
                                              "fewshot_delimiter"};
const std::vector<std::string> kAnswerKeys = {"doc_to_choice", "doc_to_target"};

/// Keys that make no prompt, or have a place of their own in the order.
bool is_no_cause(const std::string& key) {
  static const std::set<std::string> keys = {"task",
                                             "task_alias",
                                             "alias",
                                             "tag",
                                             "group",
                                             "dataset_path",
                                             "dataset_name",
                                             "dataset_kwargs",
                                             "custom_dataset",
                                             "training_split",
                                             "validation_split",
                                             "test_split",
                                             "metadata",
                                             "metric_list",
                                             "filter_list",
                                             "generation_kwargs",
                                             "num_fewshot",
                                             "fewshot_config",
                                             "should_decontaminate",
                                             "doc_to_decontamination_query",
                                             "unsafe_code",
                                             "process_results",
                                             "doc_to_text",
                                             "description",
                                             "target_delimiter",
                                             "fewshot_delimiter",
                                             "doc_to_choice",
                                             "doc_to_target",
                                             "cluster"};
  return keys.contains(key);
}

std::vector<std::string> other_keys(const Json& a, const Json& b) {
  std::vector<std::string> out;
  for (const Json* config : {&a, &b})
    for (const auto& [key, value] : config->items())
      if (!is_no_cause(key) && std::find(out.begin(), out.end(), key) == out.end())
        out.push_back(key);
  return out;
}

/// How shots are drawn, without the copies of the task's own keys that stand there again.
Json shots_of(const Json& config) {
  Json out = Json::object();
  const Json shots = value_of(config, "fewshot_config");
  if (!shots.is_object()) return shots;
  for (const auto& [key, value] : shots.items()) {
    const std::string own = key == "split" ? "fewshot_split" : key;
    const bool by_default = key == "sampler" && value == "default";
    if (!value.is_null() && !by_default && value_of(config, own) != value) out[key] = value;
  }
  return out;
}

std::vector<std::string> joined(std::vector<std::string> a, const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// Common documents that were asked in another way.
std::int64_t asked_otherwise(const Pairing& pairing) {
  return pairing.differing[0] + pairing.differing[1] + pairing.differing[2];
}

/// The same documents were asked in another way, or there are no same documents: why.
std::optional<ProtocolDifference> cause(const TaskInRun& a, const TaskInRun& b,
                                        const Pairing& pairing) {
  const Json &of_a = *a.task.config, &of_b = *b.task.config;
  const bool disjoint = pairing.pairs.empty() && asked_otherwise(pairing) == 0;
  const bool prompts = disjoint || pairing.differing[static_cast<int>(ItemDifference::kPrompt)] > 0;
  const bool requests =
      prompts || pairing.differing[static_cast<int>(ItemDifference::kRequests)] > 0;
  if (prompts) {
    const Json &protocol_a = *a.run.protocol, &protocol_b = *b.run.protocol;
    if (auto found = first_of({"system_instruction", "chat_template", "chat_template_args"},
                              protocol_a, protocol_b))
      return found;
    if (!value_of(protocol_a, "chat_template").is_null())  // without one there are no turns
      if (auto found = first_of({"fewshot_as_multiturn"}, protocol_a, protocol_b)) return found;
    if (auto found = differing("num_fewshot", a.task.num_fewshot, b.task.num_fewshot)) return found;
  }
  std::vector<std::string> keys = kAnswerKeys;
  if (requests)
    keys = joined(prompts ? kPromptKeys : std::vector<std::string>{"target_delimiter"}, keys);
  if (auto found = first_of(keys, of_a, of_b)) return found;
  if (auto found = first_of(other_keys(of_a, of_b), of_a, of_b)) return found;
  if (requests) {
    if (auto found = first_of({"generation_kwargs"}, of_a, of_b)) return found;
    if (auto found = first_of({"gen_kwargs"}, *a.run.protocol, *b.run.protocol)) return found;
  }
  if (prompts) {
    if (auto found = differing("fewshot_config", shots_of(of_a), shots_of(of_b))) return found;
    if (a.task.num_fewshot > 0 && !disjoint)
      if (auto found = first_of({"fewshot_seed"}, *a.run.protocol, *b.run.protocol)) return found;
  }
  return ProtocolDifference{disjoint   ? "documents"
                            : prompts  ? "prompts"
                            : requests ? "requests"
                                       : "targets",
                            "", ""};
}

/// What the log does not hold and the configuration therefore has to prove.
std::optional<ProtocolDifference> unproven(const TaskInRun& a, const TaskInRun& b,
                                           bool with_requests) {
  for (const char* key : {"add_bos", "over_long"}) {  // null: not recorded
    const Json &of_a = value_of(*a.run.protocol, key), &of_b = value_of(*b.run.protocol, key);
    if (of_a.is_null() || of_b.is_null()) continue;
    if (auto found = differing(key, of_a, of_b)) return found;
  }
  if (value_of(*a.task.config, "output_type") == "generate_until")  // several answers, one request
    if (auto found = first_of({"repeats"}, *a.task.config, *b.task.config)) return found;
  if (with_requests) return std::nullopt;
  const std::vector<std::string> keys = {"target_delimiter", "doc_to_choice", "output_type",
                                         "generation_kwargs"};
  if (auto found = first_of(keys, *a.task.config, *b.task.config)) return found;
  return first_of({"gen_kwargs"}, *a.run.protocol, *b.run.protocol);
}

/// A metric's arguments: what its definition says besides name, aggregation and direction.
Json arguments_of(const std::string& metric_json) {
  Json out = Json::object();
  if (metric_json.empty()) return out;
  const Json definition = Json::parse(metric_json);
  for (const auto& [key, value] : definition.items())
    if (key != "metric" && key != "aggregation" && key != "higher_is_better" && !value.is_null())
      out[key] = value;
  return out;
}

/// lm-evaluation-harness writes 12 as 12.0; only what is below 1 is a share.
std::string limit_text(const Json& limit) {
  if (limit.is_null()) return "none";
  const bool count = limit.is_number() && limit.get<double>() >= 1 && limit.get<double>() < 1e15;
  return count ? std::to_string(static_cast<std::int64_t>(limit.get<double>())) : limit.dump();
}

}  // namespace

std::optional<ProtocolDifference> task_difference(const TaskInRun& a, const TaskInRun& b,
                                                  const Pairing& pairing) {
  for (const TaskInRun* side : {&a, &b})
    if (!side->task.has_samples)
      return ProtocolDifference{"samples", Json(a.task.items.size()).dump(),
                                Json(b.task.items.size()).dump()};
  const auto version = [](const LoggedTask& task) {
    return task.version_json.empty() ? Json() : Json::parse(task.version_json);
  };
  if (auto found = differing("task_version", version(a.task), version(b.task))) return found;
  for (const TaskInRun* side : {&a, &b})
    if (!side->task.contradiction.empty())
      return ProtocolDifference{"answers", Json(a.task.contradiction).dump(),
                                Json(b.task.contradiction).dump()};
  if (asked_otherwise(pairing) > 0) return cause(a, b, pairing);
  if (auto found = unproven(a, b, a.task.has_requests && b.task.has_requests)) return found;
  if (pairing.pairs.empty()) return cause(a, b, pairing);
  return std::nullopt;
}

std::optional<ProtocolDifference> metric_difference(const LoggedTask& a, const LoggedMetric& of_a,
                                                    const LoggedTask& b, const LoggedMetric& of_b) {
  if (of_a.filter_json != of_b.filter_json) {
    const auto parsed = [](const std::string& json) {
      return Json::parse(json.empty() ? R"([{"function": "take_first"}])" : json);
    };
    if (auto found = differing("filter_list", parsed(of_a.filter_json), parsed(of_b.filter_json)))
      return found;
  }
  if (auto found =
          differing("metric_list", arguments_of(of_a.metric_json), arguments_of(of_b.metric_json)))
    return found;
  if (of_a.aggregation != of_b.aggregation)
    return ProtocolDifference{"metric_list", Json(of_a.aggregation).dump(),
                              Json(of_b.aggregation).dump()};
  if (of_a.higher_is_better != of_b.higher_is_better)
    return ProtocolDifference{"metric_list", Json(of_a.higher_is_better).dump(),
                              Json(of_b.higher_is_better).dump()};
  return first_of({"process_results"}, *a.config, *b.config);
}

std::vector<std::string> task_notes(const TaskInRun& a, const TaskInRun& b,
                                    const Pairing& pairing) {
  std::vector<std::string> out;
  const Json limit_a = value_of(*a.run.protocol, "limit"),
             limit_b = value_of(*b.run.protocol, "limit");
  if (limit_a != limit_b)
    out.push_back("limit: " + limit_text(limit_a) + " and " + limit_text(limit_b));
  const std::string renamed =
      "the same doc_id names another document " + std::to_string(pairing.renamed) + " times";
  if (pairing.renamed > 0 && pairing.only_a > 0 && pairing.only_b > 0) {
    out.push_back("the data differ: " + renamed);
  } else if (pairing.renamed > 0 && (pairing.only_a > 0 || pairing.only_b > 0)) {
    out.push_back("one run has a part of the other's documents; " + renamed +
                  ", so doc_id does not pair them");
  } else if (pairing.moved > 0) {
    out.push_back("another order of the documents; doc_id does not pair them");
  }
  // Shots are read from a split of their own, which the hash has only where some are drawn.
  const bool same_splits = (a.task.num_fewshot > 0) == (b.task.num_fewshot > 0);
  if (!a.task.data_hash.empty() && !b.task.data_hash.empty() &&
      a.task.data_hash != b.task.data_hash && pairing.renamed == 0 && same_splits)
    out.push_back("the data files differ, the items in common do not");
  if (pairing.repeats > 0)
    out.push_back(std::to_string(pairing.repeats) + " of " + std::to_string(pairing.pairs.size()) +
                  " documents are repeats of another: they are paired in order, and are no "
                  "independent evidence");
  for (const TaskInRun* side : {&a, &b})
    out.insert(out.end(), side->task.notes.begin(), side->task.notes.end());
  return out;
}

std::string limit_warning(const std::vector<LoggedRun>& runs) {
  const Json limit = value_of(*runs.at(0).protocol, "limit");
  if (!limit.is_number() || limit.get<double>() <= 0) return "";
  const auto reached = [&](const LoggedTask& task) {
    return limit.get<double>() < 1 || static_cast<double>(task.items.size()) >= limit.get<double>();
  };
  for (const LoggedRun& run : runs) {
    if (value_of(*run.protocol, "limit") != limit) return "";  // a note of each task says so
    if (std::none_of(run.tasks.begin(), run.tasks.end(), reached)) return "";
  }
  return "LIMITED: the runs have --limit " + limit_text(limit) +
         ": the first documents of each task, not all";
}

/// What both logs tell of their tokenizers: an older log of ours tells less.
bool tokens_differ(const std::string& a, const std::string& b) {
  if (a.empty() || b.empty()) return false;
  const Json of_a = Json::parse(a), of_b = Json::parse(b);
  for (const auto& [key, value] : of_a.items())
    if (of_b.contains(key) && of_b.at(key) != value) return true;
  return false;
}

std::vector<std::string> run_notes(const LoggedRun& a, const LoggedRun& b) {
  std::vector<std::string> out, without_trace;
  const bool hashed = !a.about.weights_hash.empty() && !b.about.weights_hash.empty();
  const bool same_weights = hashed && a.about.weights_hash == b.about.weights_hash;
  if (same_weights && a.model_hash == b.model_hash) {
    out.push_back("both runs have the same weights and configuration");
  } else if (same_weights) {
    out.push_back("the same weights under another config.json");
  }
  const auto differ = [](const std::string& x, const std::string& y) {
    return !x.empty() && !y.empty() && x != y;
  };
  if (differ(a.tokenizer_hash, b.tokenizer_hash) ||
      tokens_differ(a.tokenizer_json, b.tokenizer_json))
    without_trace.push_back("tokenizer");
  for (const char* key :
       {"max_length", "fewshot_seed", "random_seed", "numpy_seed", "torch_seed"}) {
    const Json &of_a = value_of(*a.protocol, key), &of_b = value_of(*b.protocol, key);
    if (!of_a.is_null() && !of_b.is_null() && of_a != of_b) without_trace.push_back(key);
  }
  if (!without_trace.empty())
    out.push_back(joined(without_trace, ", ") +
                  " differ: they belong to the model or leave no trace in the prompts");
  if (differ(a.about.numerics, b.about.numerics))
    out.push_back("numerics: " + a.about.numerics + " and " + b.about.numerics);
  return out;
}

}  // namespace flm
