#include "reports/views/effective_config.h"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace flm {
namespace {

/// Fields of lm_eval/config/task.py, TaskConfig.
const std::vector<std::string> kFields = {"task",
                                          "task_alias",
                                          "tag",
                                          "custom_dataset",
                                          "dataset_path",
                                          "dataset_name",
                                          "dataset_kwargs",
                                          "training_split",
                                          "validation_split",
                                          "test_split",
                                          "fewshot_split",
                                          "process_docs",
                                          "doc_to_text",
                                          "doc_to_target",
                                          "doc_to_image",
                                          "doc_to_audio",
                                          "unsafe_code",
                                          "doc_to_choice",
                                          "process_results",
                                          "use_prompt",
                                          "description",
                                          "target_delimiter",
                                          "fewshot_delimiter",
                                          "fewshot_config",
                                          "num_fewshot",
                                          "metric_list",
                                          "output_type",
                                          "generation_kwargs",
                                          "repeats",
                                          "filter_list",
                                          "should_decontaminate",
                                          "doc_to_decontamination_query",
                                          "gen_prefix",
                                          "metadata"};

Json field_of(const Json& object, const std::string& key) {
  const auto found = object.find(key);
  return found == object.end() ? Json() : *found;
}

void put_default(Json& config, const std::string& key, const Json& value) {
  if (field_of(config, key).is_null()) config[key] = value;
}

/// FewshotConfig.from_dict: the task's own, unless the file says otherwise for the shots.
Json fewshot_config(const Json& config) {
  Json out = {{"sampler", "default"},
              {"split", field_of(config, "fewshot_split")},
              {"process_docs", field_of(config, "process_docs")},
              {"fewshot_indices", nullptr},
              {"samples", nullptr}};
  for (const char* key : {"doc_to_text", "doc_to_choice", "doc_to_target", "gen_prefix",
                          "fewshot_delimiter", "target_delimiter"})
    out[key] = field_of(config, key);
  if (const Json own = field_of(config, "fewshot_config"); own.is_object()) out.update(own);
  return out;
}

/// Without any the answer is greedy; the shots' delimiter ends it where nothing else does.
Json generation_kwargs(const Json& config, const Json& gen_kwargs) {
  Json out = field_of(config, "generation_kwargs");
  if (!out.is_object()) out = {{"temperature", 0.0}, {"do_sample", false}, {"max_gen_toks", 256}};
  if (const Json heat = field_of(out, "temperature"); heat.is_number())
    out["temperature"] = heat.get<double>();
  if (!out.contains("until")) out["until"] = Json::array({field_of(config, "fewshot_delimiter")});
  if (gen_kwargs.is_object()) out.update(gen_kwargs);
  return out;
}

Json in_order(const Json& config) {
  Json out = Json::object();
  for (const std::string& key : kFields)
    if (config.contains(key)) out[key] = config.at(key);
  for (const auto& [key, value] : config.items())
    if (!out.contains(key)) out[key] = value;
  return out;
}

}  // namespace

Json effective_config(const Json& file, int num_fewshot, const Json& model_args,
                      const Json& gen_kwargs) {
  if (!file.is_object()) return file;
  Json config = file;
  put_default(config, "unsafe_code", false);
  put_default(config, "description", "");
  put_default(config, "target_delimiter", " ");
  put_default(config, "fewshot_delimiter", "\n\n");
  put_default(config, "output_type", "generate_until");
  put_default(config, "repeats", 1);
  put_default(config, "should_decontaminate", false);
  config["num_fewshot"] = num_fewshot;
  config["fewshot_config"] = fewshot_config(config);
  if (config["output_type"] == "generate_until")
    config["generation_kwargs"] = generation_kwargs(config, gen_kwargs);
  put_default(config, "metadata", Json::object());
  if (model_args.is_object() && config["metadata"].is_object())
    config["metadata"].update(model_args);
  return in_order(config);
}

}  // namespace flm
