// What of a configuration is its identity: every key that the reader knows moves the hash, or is
// listed with the reason why it must not.
#include "engine/checkpoint/config_hash.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <map>
#include <regex>
#include <set>

#include "engine/checkpoint/config_json.h"
#include "tests/engine/checkpoint/checkpoint_fixtures.h"

namespace flm {
namespace {

Json teleflm() {
  return {{"model_type", "TeleFLM"},  {"hidden_size", 64},
          {"intermediate_size", 172}, {"num_hidden_layers", 2},
          {"num_attention_heads", 4}, {"num_key_value_heads", 2},
          {"vocab_size", 330},        {"max_position_embeddings", 4096},
          {"rms_norm_eps", 1e-5},     {"rope_theta", 10000.0},
          {"use_mup", true},          {"input_mult", 2.0},
          {"output_mult", 0.5},       {"mup_scale_factor", 4.0}};
}

std::string hash_of(Json config) {
  const TemporaryFolder folder;
  folder.write("config.json", config.dump());
  return config_hash(read_model_config(folder.path()));
}

std::string hash_with(Json config, const Json& changes) {
  config.update(changes);
  return hash_of(config);
}

/// The same shape in another family.
Json of_family(const char* type, const Json& more = Json::object()) {
  Json config = teleflm();
  for (const char* key : {"use_mup", "input_mult", "output_mult", "mup_scale_factor"})
    config.erase(key);
  config["model_type"] = type;
  config.update(more);
  return config;
}

/// A configuration with a rope object of this kind, in which one key says something else.
std::pair<Json, Json> in_rope(const Json& rope, const char* key, const Json& value) {
  Json config = teleflm(), changed = rope;
  changed[key] = value;
  config["rope_scaling"] = rope;
  return {config, {{"rope_scaling", changed}}};
}

const Json kLinear = {{"rope_type", "linear"}, {"factor", 2.0}, {"rope_theta", 10000.0}};
const Json kLlama3 = {{"rope_type", "llama3"},
                      {"factor", 8.0},
                      {"low_freq_factor", 1.0},
                      {"high_freq_factor", 4.0},
                      {"original_max_position_embeddings", 1024}};
const Json kYarn = {{"rope_type", "yarn"}, {"factor", 4.0}, {"mscale", 1.0}};

/// Keys that move the hash: a configuration and a change.
std::map<std::string, std::pair<Json, Json>> moving() {
  const auto top = [](const char* key, const Json& value) {
    return std::pair<Json, Json>{teleflm(), {{key, value}}};
  };
  using Pair = std::pair<Json, Json>;
  const Json llama = of_family("llama"), granite = of_family("granite"),
             minicpm = of_family("minicpm"), gemma2 = of_family("gemma2"),
             gemma3 = of_family("gemma3_text"),
             qwen = of_family("qwen2", {{"use_sliding_window", true},
                                        {"sliding_window", 1024},
                                        {"max_window_layers", 1}});
  const auto with_layer_norm = [&](const char* type, const char* eps) {
    Json config = of_family(type, {{eps, 1e-5}});
    config.erase("rms_norm_eps");
    return config;
  };
  const Json stablelm = with_layer_norm("stablelm", "layer_norm_eps"),
             cohere = with_layer_norm("cohere", "layer_norm_eps"),
             nemotron = with_layer_norm("nemotron", "norm_eps"),
             starcoder = with_layer_norm("starcoder2", "norm_epsilon");
  const Json growing = {{"rope_type", "yarn"}, {"factor", 4.0}, {"llama_4_scaling_beta", 0.1}};
  Json grown = growing;
  const Json stretched = {{"rope_type", "dynamic"}, {"factor", 1.0}, {"alpha", 10.0}};
  grown["llama_4_scaling_beta"] = 0.2;
  const Json longrope = {
      {"type", "longrope"}, {"short_factor", Json(8, 1.5)}, {"long_factor", Json(8, 4.0)}};
  Json shorter = longrope;
  shorter["short_factor"][0] = 1.0;
  return {
      {"model_type", {llama, {{"model_type", "mistral"}}}},
      {"hidden_act", Pair{llama, {{"hidden_act", "relu2"}}}},
      {"hidden_activation", Pair{gemma2, {{"hidden_activation", "silu"}}}},
      {"layer_norm_eps", Pair{stablelm, {{"layer_norm_eps", 1e-6}}}},
      {"norm_eps", Pair{nemotron, {{"norm_eps", 1e-6}}}},
      {"norm_epsilon", Pair{starcoder, {{"norm_epsilon", 1e-6}}}},
      {"attention_multiplier", Pair{granite, {{"attention_multiplier", 0.5}}}},
      {"embedding_multiplier", Pair{granite, {{"embedding_multiplier", 2.0}}}},
      {"residual_multiplier", Pair{granite, {{"residual_multiplier", 0.5}}}},
      {"logits_scaling", Pair{granite, {{"logits_scaling", 2.0}}}},
      {"scale_emb", Pair{minicpm, {{"scale_emb", 12}}}},
      {"scale_depth", Pair{minicpm, {{"scale_depth", 1.4}}}},
      {"dim_model_base", Pair{minicpm, {{"dim_model_base", 32}}}},
      {"sliding_window", Pair{of_family("mistral"), {{"sliding_window", 1024}}}},
      {"use_sliding_window", Pair{qwen, {{"use_sliding_window", false}}}},
      {"max_window_layers", Pair{qwen, {{"max_window_layers", 0}}}},
      {"layer_types", Pair{of_family("gemma2", {{"sliding_window", 64}}),
                           {{"layer_types", {"full_attention", "sliding_attention"}}}}},
      {"sliding_window_pattern", Pair{gemma3, {{"sliding_window_pattern", 2}}}},
      {"rope_local_base_freq", Pair{gemma3, {{"rope_local_base_freq", 5000.0}}}},
      {"query_pre_attn_scalar", Pair{gemma2, {{"query_pre_attn_scalar", 16}}}},
      {"attn_logit_softcapping", Pair{gemma2, {{"attn_logit_softcapping", nullptr}}}},
      {"final_logit_softcapping", Pair{gemma2, {{"final_logit_softcapping", 20.0}}}},
      {"no_rope_layers", Pair{of_family("smollm3"), {{"no_rope_layers", {0, 1}}}}},
      {"no_rope_layer_interval", Pair{of_family("smollm3"), {{"no_rope_layer_interval", 2}}}},
      {"partial_rotary_factor", Pair{of_family("phi3"), {{"partial_rotary_factor", 0.5}}}},
      {"short_factor", Pair{of_family("phi3", {{"rope_scaling", longrope},
                                               {"original_max_position_embeddings", 1024}}),
                            {{"rope_scaling", shorter}}}},
      {"alpha", Pair{of_family("hunyuan_v1_dense"), {{"rope_scaling", stretched}}}},
      {"llama_4_scaling_beta",
       Pair{of_family("ministral3", {{"rope_scaling", growing}}), {{"rope_scaling", grown}}}},
      {"attention_out_bias", Pair{of_family("seed_oss"), {{"attention_out_bias", true}}}},
      {"qkv_bias", Pair{of_family("internlm3"), {{"qkv_bias", true}, {"bias", true}}}},
      {"bias", Pair{of_family("internlm2"), {{"bias", false}}}},
      {"use_bias", Pair{starcoder, {{"use_bias", false}}}},
      {"use_qkv_bias", Pair{stablelm, {{"use_qkv_bias", true}}}},
      {"qk_layernorm", Pair{stablelm, {{"qk_layernorm", true}}}},
      {"use_parallel_residual", Pair{stablelm, {{"use_parallel_residual", true}}}},
      {"use_qk_norm", Pair{cohere, {{"use_qk_norm", true}}}},
      {"logit_scale", Pair{cohere, {{"logit_scale", 0.5}}}},
      {"architectures", Pair{of_family("baichuan", {{"num_key_value_heads", 4},
                                                    {"architectures", {"BaichuanForCausalLM"}}}),
                             {{"architectures", {"BaiChuanForCausalLM"}}}}},
      {"hidden_size", top("hidden_size", 128)},
      {"intermediate_size", top("intermediate_size", 100)},
      {"num_hidden_layers", top("num_hidden_layers", 3)},
      {"num_attention_heads", top("num_attention_heads", 8)},
      {"num_key_value_heads", top("num_key_value_heads", 4)},
      {"head_dim", top("head_dim", 32)},
      {"vocab_size", top("vocab_size", 331)},
      {"max_position_embeddings", top("max_position_embeddings", 8192)},
      {"rms_norm_eps", top("rms_norm_eps", 1e-6)},
      {"rope_theta", top("rope_theta", 500000.0)},
      {"use_mup", top("use_mup", false)},
      {"input_mult", top("input_mult", 3.0)},
      {"output_mult", top("output_mult", 4.0)},
      {"mup_scale_factor", top("mup_scale_factor", 2.0)},
      {"tie_word_embeddings", top("tie_word_embeddings", true)},
      {"attention_bias", top("attention_bias", true)},
      {"mlp_bias", top("mlp_bias", true)},
      {"rope_scaling", top("rope_scaling", kLinear)},
      {"rope_parameters", top("rope_parameters", kLinear)},
      {"rope_type", in_rope(kLinear, "rope_type", "dynamic")},
      {"type", {teleflm(), {{"rope_scaling", {{"type", "linear"}, {"factor", 2.0}}}}}},
      {"factor", in_rope(kLinear, "factor", 3.0)},
      {"low_freq_factor", in_rope(kLlama3, "low_freq_factor", 2.0)},
      {"high_freq_factor", in_rope(kLlama3, "high_freq_factor", 8.0)},
      {"original_max_position_embeddings",
       in_rope(kLlama3, "original_max_position_embeddings", 2048)},
      {"attention_factor", in_rope(kYarn, "attention_factor", 1.5)},
      {"beta_fast", in_rope(kYarn, "beta_fast", 16.0)},
      {"beta_slow", in_rope(kYarn, "beta_slow", 2.0)},
      {"truncate", in_rope(kYarn, "truncate", false)},
      {"mscale", in_rope(kYarn, "mscale", 2.0)},
      {"mscale_all_dim", in_rope(kYarn, "mscale_all_dim", 2.0)}};
}

/// Keys that the reader asks for and that say nothing of a logit; the others are its own list of
/// harmless keys.
const std::map<std::string, std::string> kStaying = {
    {"eos_token_id", "ends a text: each request carries its own ids"},
    {"torch_dtype", "a remark: the tensors say what they are"},
    {"dtype", "the same under its newer name"},
    {"_sliding_window_pattern", "a copy of sliding_window_pattern"},
    {"quantization_config", "none is read"},
    {"long_factor", "of texts that are not taken"},
    {"activation", "only swiglu is read"},
    {"finetuned", "not of the scaling that is read"},
    {"mrope_section", "of positions of images"},
    {"is_causal", "only true is read"},
    {"full_attn_mod", "only 1 is read"},
    {"interpolate_factor", "only 1 is read"},
    {"kv_channels", "a copy of head_dim"},
    {"attention_head_dim", "a copy of head_dim"},
    {"layer_norm_epsilon", "a copy of norm_epsilon"},
    {"layer_switch", "a copy of sliding_window_pattern"},
    {"order_of_interleaved_layers", "only local_attn_first is read"},
    {"position_embedding_type", "only rope_gptj is read"},
    {"rotary_pct", "only 1 is read"},
    {"use_embedding_sharing", "only true is read"},
    {"use_gated_activation", "only true is read"},
    {"use_parallel_block", "only true is read"},
    {"mlp_type", "only default is read"},
    {"norm_type", "only layer_norm or rms is read, as the family has it"},
    {"scale_attn_weights", "only true is read"},
    {"use_rotary_pos_emb", "only true is read"}};

/// Words in the reader's source that are no key.
const std::set<std::string> kNoKeys = {"arcee",
                                       "baichuan",
                                       "cohere",
                                       "cohere2",
                                       "cwm",
                                       "helium",
                                       "ministral",
                                       "local_attn_first",
                                       "rope_gptj",
                                       "ernie4_5",
                                       "exaone4",
                                       "gemma",
                                       "gemma2",
                                       "gemma3_text",
                                       "glm",
                                       "glm4",
                                       "granite",
                                       "internlm2",
                                       "internlm3",
                                       "jais2",
                                       "hunyuan_v1_dense",
                                       "llama",
                                       "minicpm",
                                       "ministral3",
                                       "mistral",
                                       "nemotron",
                                       "olmo2",
                                       "olmo3",
                                       "phi3",
                                       "qwen2",
                                       "qwen3",
                                       "seed_oss",
                                       "smollm3",
                                       "stablelm",
                                       "starcoder2",
                                       "teleflm",
                                       "default",
                                       "linear",
                                       "llama3",
                                       "yarn",
                                       "dynamic",
                                       "longrope",
                                       "su",
                                       "swiglu",
                                       "rms",
                                       "layer_norm",
                                       "silu",
                                       "swish",
                                       "relu2",
                                       "relu",
                                       "gelu",
                                       "gelu_python",
                                       "gelu_python_tanh",
                                       "gelu_accurate",
                                       "gelu_pytorch_tanh",
                                       "gelu_new",
                                       "gelu_fast",
                                       "vaultgemma",
                                       "full_attention",
                                       "sliding_attention"};

TEST(ConfigHash, EveryKeyMovesItOrIsListedAsOneThatMustNot) {
  const std::string folder = std::string(FLM_SOURCE_DIR) + "/engine/checkpoint/";
  std::string source = read_file(folder + "config_json.cc");
  for (const auto& file : std::filesystem::directory_iterator(folder + "families"))
    if (file.path().filename() != "family_names.cc")  // names of tensors
      source += read_file(file.path().string());
  const std::regex word("\"([a-z_][a-z0-9_]*)\"");
  const auto moves = moving();
  std::set<std::string> seen;
  for (std::sregex_iterator at(source.begin(), source.end(), word); at != std::sregex_iterator();
       ++at) {
    const std::string key = (*at)[1];
    seen.insert(key);
    EXPECT_TRUE(moves.count(key) + kStaying.count(key) + kNoKeys.count(key) == 1)
        << key << ": say in this test whether it moves the hash";
  }
  for (const auto& [key, change] : moves) {
    EXPECT_TRUE(seen.count(key)) << key << " is not read any more";
    EXPECT_NE(hash_with(change.first, change.second), hash_of(change.first)) << key;
  }
  for (const auto& [key, why] : kStaying) EXPECT_TRUE(seen.count(key)) << key;
}

TEST(ConfigHash, WhatMovesNoLogitDoesNotMoveIt) {
  const std::string hash = hash_of(teleflm());
  for (const Json& change :
       {Json{{"eos_token_id", 2}}, Json{{"torch_dtype", "float16"}}, Json{{"dtype", "bfloat16"}},
        Json{{"hidden_act", "silu"}}, Json{{"pretraining_tp", 1}},
        Json{{"partial_rotary_factor", 1.0}}, Json{{"quantization_config", nullptr}},
        Json{{"sliding_window", 4096}}, Json{{"use_sliding_window", false}},
        Json{{"layer_types", {"full_attention", "full_attention"}}}, Json{{"use_cache", false}},
        Json{{"head_dim", 16}}, Json{{"mlp_bias", false}}})
    EXPECT_EQ(hash_with(teleflm(), change), hash) << change;
}

TEST(ConfigHash, IsTheHashOfALineThatAnybodyCanWrite) {
  // In Python: sha256(("model 1\n" + json.dumps(d, separators=(",", ":"))).encode()).hexdigest(), d
  // being the fields' names and defaults in the order of ModelConfig.
  ModelConfig config;
  config.model_type = "llama";
  EXPECT_EQ(config_hash(config),
            "27ef86b563d43eda2ee319e9fcb41013bc249bf3818a280c4c88a95135106599");
}

}  // namespace
}  // namespace flm
