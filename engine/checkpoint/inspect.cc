// `flmeval model show|verify`.
#include <algorithm>
#include <charconv>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/errors.h"
#include "base/system/places.h"
#include "engine/checkpoint/config_hash.h"
#include "engine/checkpoint/config_json.h"
#include "engine/checkpoint/contents/content_cache.h"
#include "engine/checkpoint/contents/content_difference.h"
#include "engine/checkpoint/folder_diagnosis.h"
#include "engine/checkpoint/folder_weights.h"
#include "engine/checkpoint_state.h"
#include "engine/engine.h"

namespace flm {
namespace {

/// The double with the fewest digits that is this float: 0.15 rather than 0.15000000596.
double readable(float value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  double out = value;
  std::from_chars(text, end, out);
  return out;
}

Json rope_json(const ModelConfig& config) {
  const RopeScaling& rope = config.rope;
  Json out = {{"theta", config.rope_theta}, {"type", rope.type}};
  if (rope.type == "default") return out;
  out["factor"] = rope.factor;
  out["original_max_position"] = rope.original_max_position;
  if (rope.type == "llama3") {
    out["low_freq_factor"] = rope.low_freq_factor;
    out["high_freq_factor"] = rope.high_freq_factor;
  }
  if (rope.type == "yarn" || rope.type == "longrope")
    out["attention_factor"] = rotary_frequencies(config).attention_factor;
  return out;
}

Json config_json(const ModelConfig& config) {
  return {{"layers", config.layers},
          {"hidden", config.hidden},
          {"intermediate", config.intermediate},
          {"heads", config.heads},
          {"kv_heads", config.kv_heads},
          {"head_dim", config.head_dim},
          {"vocab_rows", config.vocab_rows},
          {"max_positions", config.max_positions},
          {"longest_request", longest_request(config)},
          {"norm_eps", config.norm_eps},
          {"rope", rope_json(config)},
          {"tied", config.tied},
          {"qkv_bias", config.qkv_bias},
          {"o_bias", config.o_bias},
          {"mlp_bias", config.mlp_bias},
          {"embedding_scale", readable(config.embedding_scale)},
          {"residual_scale", readable(config.residual_scale)},
          {"attention_scale", readable(config.attention_scale)},
          {"logit_scale", readable(config.logit_scale)},
          {"eos_ids", config.eos_ids},
          {"torch_dtype", config.torch_dtype}};
}

Json tokenizer_files(const std::string& folder) {
  Json out = Json::array();
  for (const char* name :
       {"tokenizer.model", "tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt",
        "special_tokens_map.json", "added_tokens.json", "chat_template.jinja"}) {
    if (is_there(folder + "/" + name)) out.push_back(name);
  }
  return out;
}

/// A config that forgot tie_word_embeddings, or a head that was never trained.
bool head_equals_embedding(const WeightTable& table, const TensorNames& names) {
  const auto head = table.load(names.head + ".weight"),
             embedding = table.load(names.embedding + ".weight");
  if (head.view.dtype != embedding.view.dtype || head.view.shape != embedding.view.shape)
    return false;
  const auto bytes = static_cast<std::size_t>(head.view.elements()) * bytes_of(head.view.dtype);
  return std::memcmp(head.view.data, embedding.view.data, bytes) == 0;
}

Json differences_json(const std::vector<ContentDifference>& differences) {
  Json out = Json::array();
  for (const ContentDifference& one : differences) {
    Json json = {{"tensor", one.tensor}, {"first", one.first}, {"second", one.second}};
    if (one.first == one.second)
      json.update({{"chunk", one.chunk},
                   {"bytes", {one.begin, one.end}},
                   {"chunks_that_differ", one.differing},
                   {"chunks", one.chunks}});
    out.push_back(std::move(json));
  }
  return out;
}

/// A folder may hold another checkpoint than at its last check; files that nobody has written since
/// may not.
void compare_with_last(const std::optional<LastCheck>& last, const std::string& identity,
                       const WeightTable::ContentCheck& check, Json& out) {
  if (!last) return;
  const auto differences = content_differences(last->check, check);
  if (differences.empty()) return;
  const std::string words = in_words(differences);
  out["differences_from_last_check"] = differences_json(differences);
  if (last->identity != identity)
    out["changed_since_last_check"] = words;
  else
    out["problems"].push_back(
        "nobody wrote the files since their last check, and they read otherwise now, which a "
        "failing disk or memory does: " +
        words);
}

WeightTable::ContentCheck verify_contents(const FolderWeights& table, const ModelConfig& config,
                                          Progress& progress, Json& out) {
  const ContentKey key = table.key();
  const std::optional<LastCheck> last = last_check(key.place);
  const WeightTable::ContentCheck check = table.check_contents(progress, false);
  out["weights_hash"] = check.hash;
  for (const std::string& finding : check.not_finite)
    out["problems"].push_back("not finite: " + finding);
  if (!config.tied && head_equals_embedding(table, config.names)) {
    out["problems"].push_back(config.names.head + ".weight equals " + config.names.embedding +
                              ".weight byte for byte, but config.json does not tie them");
  }
  compare_with_last(last, key.identity, check, out);
  return check;
}

Json description(const std::string& folder, const ModelConfig& config, const WeightTable& table) {
  return {{"folder", folder},
          {"model_type", config.model_type},
          {"config", config_json(config)},
          {"config_hash", config_hash(config)},
          {"tensors", expected_weights(config).size()},
          {"parameters", table.parameters()},
          {"dtype", name_of(table.dtype())},
          {"bytes", table.bytes()}};
}

Json inspect_synthetic(const std::string& spec, bool verify, Progress& progress) {
  ModelConfig config;
  const auto table = WeightTable::synthetic(spec, &config);
  Json out = description(spec, config, *table);
  out["format"] = "synthetic";
  out["problems"] = Json::array();
  if (verify) out["weights_hash"] = table->check_contents(progress, false).hash;
  return out;
}

Json description_of_folder(const std::string& folder, const std::string& config_folder,
                           const ModelConfig& config, const FolderWeights& table) {
  Json out = description(folder, config, table);
  out["format"] = table.format();
  out["files"] = table.file_names();
  out["ignored_tensors"] = table.ignored();
  out["tokenizer"] = tokenizer_files(config_folder);
  out["problems"] = Json::array();
  return out;
}

Json state_json(const CheckpointState& state) {
  Json out = {{"folder", state.path},
              {"layout", state.layout},
              {"state", name_of(state.state)},
              {"reason", state.reason},
              {"warnings", state.warnings}};
  if (state.step) out["step"] = *state.step;
  if (state.tokens_seen) out["tokens_seen"] = *state.tokens_seen;
  if (state.flops) out["flops"] = *state.flops;
  return out;
}

/// A root stands for its newest checkpoint, and is no more whole than that.
Json survey_json(const CheckpointSurvey& survey) {
  CheckpointState newest = survey.newest();
  if (newest.state == Completeness::kIgnored) newest.state = Completeness::kIncomplete;
  Json out = state_json(newest);
  if (!survey.is_root) return out;
  for (const CheckpointState& one : survey.checkpoints)
    out["checkpoints"][one.name] = state_json(one);
  return out;
}

/// Of what is neither a checkpoint nor a series of steps the error says what it is instead.
CheckpointSurvey survey_of(const std::string& model, const std::string& weights) {
  CheckpointSurvey survey;
  try {
    survey = survey_checkpoints(model, weights);
  } catch (const UserError&) {
    require_checkpoint_folder(model);
    throw;
  }
  const bool steps = std::all_of(survey.checkpoints.begin(), survey.checkpoints.end(),
                                 [](const CheckpointState& one) { return one.step.has_value(); });
  if (survey.is_root && !steps) require_checkpoint_folder(model);
  return survey;
}

/// A root of trainers' checkpoints is listed before anybody has a config.json for it: a warning
/// says what is missing for the rest.
bool lacks_config(Json& state, const std::string& folder, const std::string& model_config) {
  if (!model_config.empty()) return false;
  try {
    (void)resolve_config(folder, model_config);
    return false;
  } catch (const UserError& error) {
    state["warnings"].push_back(error.what());
    return true;
  }
}

/// The folder with everything that is known of it; what cannot be scored, and without `verify` what
/// has no configuration, has its state alone.
Json inspect_folder(const std::string& model, const std::string& model_config,
                    const std::string& weights, bool verify, Progress& progress,
                    WeightTable::ContentCheck* check) {
  const CheckpointSurvey survey = survey_of(model, weights);
  Json state = survey_json(survey);
  if (state["state"] != "complete") return state;
  const std::string folder = survey.is_root ? survey.newest().path : model;
  if (!verify && lacks_config(state, folder, model_config)) return state;
  const std::string config_folder = resolve_config(folder, model_config);
  const ModelConfig config = read_model_config(config_folder);
  const FolderWeights table(folder, config, 0, weights);
  Json out = description_of_folder(folder, config_folder, config, table);
  for (const auto& [key, value] : state.items())
    if (key != "folder") out[key] = value;
  WeightTable::ContentCheck found;
  if (verify) found = verify_contents(table, config, progress, out);
  if (check) *check = std::move(found);
  return out;
}

}  // namespace

Json inspect_checkpoint(const std::string& model, bool verify, Progress& progress,
                        const std::string& model_config, const std::string& weights) {
  if (model.starts_with("synthetic:")) return inspect_synthetic(model, verify, progress);
  return inspect_folder(locate_model(model), model_config, weights, verify, progress, nullptr);
}

Json compare_checkpoints(const std::string& folder, const std::string& against, Progress& progress,
                         const std::string& model_config, const std::string& weights) {
  for (const std::string& one : {folder, against})
    if (one.starts_with("synthetic:"))
      throw UserError("a synthetic model has no files to compare; give two folders: " + one);
  Json reports[2];
  WeightTable::ContentCheck checks[2];
  for (int i = 0; i < 2; ++i) {
    const std::string& path = i == 0 ? folder : against;
    reports[i] = inspect_folder(locate_model(path), model_config, i == 0 ? weights : "auto", true,
                                progress, &checks[i]);
    if (!reports[i].contains("weights_hash"))
      throw UserError("the checkpoint is " + reports[i]["state"].get<std::string>() + " (" +
                      reports[i]["reason"].get<std::string>() + "): " + path);
  }
  Json& out = reports[0];
  const Json& other = reports[1];
  out["against"] = {{"folder", against},
                    {"weights_hash", other["weights_hash"]},
                    {"config_hash", other["config_hash"]}};
  for (const Json& problem : other["problems"])
    out["problems"].push_back(against + ": " + problem.get<std::string>());
  const auto differences = content_differences(checks[0], checks[1]);
  out["differences"] = differences_json(differences);
  if (!differences.empty())
    out["problems"].push_back("the weights are not those of " + against + ": " +
                              in_words(differences));
  if (out["config_hash"] != other["config_hash"])
    out["problems"].push_back("config.json does not say the same model as that of " + against);
  return out;
}

}  // namespace flm
