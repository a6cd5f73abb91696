// What of a configuration is its identity: every key that the reader knows moves the hash, or is
// listed with the reason why it must not.
#include "engine/checkpoint/config_hash.h"

#include <gmock/gmock.h>

#include <map>
#include <regex>
#include <set>

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
  Json llama = teleflm();
  for (const char* key : {"use_mup", "input_mult", "output_mult", "mup_scale_factor"})
    llama.erase(key);
  llama["model_type"] = "llama";
  return {{"model_type", {llama, {{"model_type", "mistral"}}}},
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
          {"mscale", in_rope(kYarn, "mscale", 2.0)},
          {"mscale_all_dim", in_rope(kYarn, "mscale_all_dim", 2.0)}};
}

/// Keys that the reader asks for and that say nothing of a logit; the others are its own list of
/// harmless keys.
const std::map<std::string, std::string> kStaying = {
    {"eos_token_id", "ends a text: each request carries its own ids"},
    {"torch_dtype", "a remark: the tensors say what they are"},
    {"dtype", "the same under its newer name"},
    {"hidden_act", "only silu is read"},
    {"pretraining_tp", "only 1 is read"},
    {"partial_rotary_factor", "only 1 is read"},
    {"truncate", "only true is read"},
    {"quantization_config", "none is read"},
    {"sliding_window", "only a window that no request reaches is read"},
    {"use_sliding_window", "only false is read"},
    {"layer_types", "only full attention is read"}};

/// Words in the reader's source that are no key.
const std::set<std::string> kNoKeys = {"teleflm", "llama",  "mistral",       "qwen2",
                                       "default", "linear", "llama3",        "yarn",
                                       "dynamic", "silu",   "full_attention"};

TEST(ConfigHash, EveryKeyMovesItOrIsListedAsOneThatMustNot) {
  const std::string source =
      read_file(std::string(FLM_SOURCE_DIR) + "/engine/checkpoint/model_config.cc");
  const std::size_t list = source.find("harmless_keys()"), end = source.find("return keys;");
  ASSERT_LT(list, end);
  const std::regex word("\"([a-z][a-z0-9_]*)\"");
  const auto moves = moving();
  std::set<std::string> seen;
  for (std::sregex_iterator at(source.begin() + static_cast<std::ptrdiff_t>(end), source.end(),
                               word);
       at != std::sregex_iterator(); ++at) {
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
