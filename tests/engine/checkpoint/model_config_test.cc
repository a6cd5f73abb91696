// config.json: what is read, what is refused and by which name.
#include "engine/checkpoint/config/model_config.h"

#include <gmock/gmock.h>

#include <cmath>

#include "engine/checkpoint/config_json.h"
#include "engine/checkpoint/weight_table.h"
#include "tests/engine/checkpoint/checkpoint_fixtures.h"
#include "tests/engine/checkpoint/config_cases.h"

namespace flm {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(ModelConfig, ReadsTheShape) {
  const ModelConfig config =
      read(changed({{"head_dim", 32}, {"eos_token_id", {2, 7}}, {"torch_dtype", "float16"}}));
  EXPECT_EQ(config.model_type, "llama");
  EXPECT_EQ(config.layers, 2);
  EXPECT_EQ(config.hidden, 64);
  EXPECT_EQ(config.intermediate, 172);
  EXPECT_EQ(config.heads, 4);
  EXPECT_EQ(config.kv_heads, 2);
  EXPECT_EQ(config.head_dim, 32);
  EXPECT_EQ(config.vocab_rows, 330);
  EXPECT_EQ(config.max_positions, 4096);
  EXPECT_EQ(config.attention_scale, static_cast<float>(1 / std::sqrt(32.0)));
  EXPECT_THAT(config.eos_ids, ElementsAre(2, 7));
  EXPECT_EQ(config.torch_dtype, "float16");
  EXPECT_EQ(longest_request(config), 4096);
}

TEST(ModelConfig, DefaultsAreTheClassDefaults) {
  Json json = llama();
  for (const char* key : {"num_key_value_heads", "rope_theta", "tie_word_embeddings"})
    json.erase(key);
  const ModelConfig config = read(json);
  EXPECT_EQ(config.kv_heads, 4);
  EXPECT_EQ(config.rope_theta, 10000);
  EXPECT_FALSE(config.tied);
  EXPECT_EQ(config.head_dim, 16);
}

TEST(ModelConfig, HarmlessKeysPass) {
  read(changed({{"use_cache", true},
                {"initializer_range", 0.02},
                {"architectures", {"LlamaForCausalLM"}},
                {"pretraining_tp", 2},
                {"cache_implementation", "hybrid"},
                {"activation", "swiglu"},
                {"neftune_noise_alpha", 5},
                {"dual_chunk_attention_config", {{"chunk_size", 262144}, {"local_size", 8192}}},
                {"transformers_version", "4.57.6"},
                {"attention_dropout", 0.0},
                {"hidden_dropout_prob", 0.1},
                {"is_causal", true},
                {"num_experts", 0},
                {"some_factor", 0.0},
                {"some_switch", false},
                {"some_list", Json::array()},
                {"quantization_config", nullptr}}));
}

TEST(ModelConfig, ActivationsByTransformersNames) {
  const auto activation = [](const char* name) {
    return read(changed({{"hidden_act", name}})).block.activation;
  };
  for (const char* name : {"silu", "swish"}) EXPECT_EQ(activation(name), Activation::kSilu);
  for (const char* name : {"gelu", "gelu_python"}) EXPECT_EQ(activation(name), Activation::kGelu);
  for (const char* name :
       {"gelu_pytorch_tanh", "gelu_python_tanh", "gelu_new", "gelu_fast", "gelu_accurate"})
    EXPECT_EQ(activation(name), Activation::kGeluTanh);
  EXPECT_EQ(activation("relu"), Activation::kRelu);
  EXPECT_EQ(activation("relu2"), Activation::kSquaredRelu);
}

/// "gelu" of Gemma's first files, and both keys in those of later releases.
TEST(ModelConfig, GemmasGeluIsTheOneWithTanh) {
  for (const char* name : {"gelu", "gelu_pytorch_tanh"})
    EXPECT_EQ(read(changed({{"model_type", "gemma"},
                            {"hidden_act", name},
                            {"hidden_activation", "gelu_pytorch_tanh"}}))
                  .block.activation,
              Activation::kGeluTanh);
  // Its class replaces the word "gelu" and no other (transformers 5.24, configuration_gemma.py).
  EXPECT_EQ(
      read(changed({{"model_type", "gemma"}, {"hidden_act", "gelu_python"}})).block.activation,
      Activation::kGelu);
}

/// Keys that files on the hub have and transformers' class does not read, in one value.
TEST(ModelConfig, KeysOfPublishedFilesPassInTheirOneValue) {
  Json starcoder = changed({{"model_type", "starcoder2"},
                            {"norm_epsilon", 1e-5},
                            {"layer_norm_epsilon", 1e-5},
                            {"attention_softmax_in_fp32", true},
                            {"scale_attention_softmax_in_fp32", true},
                            {"scale_attn_weights", true},
                            {"mlp_type", "default"},
                            {"norm_type", "layer_norm"}});
  starcoder.erase("rms_norm_eps");
  const Json hunyuan = changed({{"model_type", "hunyuan_v1_dense"},
                                {"attention_head_dim", 16},
                                {"cla_share_factor", 2},
                                {"use_cla", false},
                                {"dense_list", {64, 0}},
                                {"norm_type", "rms"},
                                {"use_rotary_pos_emb", true}});
  const Json phi4 =
      changed({{"model_type", "phi3"}, {"full_attn_mod", 1}, {"interpolate_factor", 1}});
  Json nemotron = changed({{"model_type", "nemotron"}, {"norm_eps", 1e-5}, {"kv_channels", 16}});
  nemotron.erase("rms_norm_eps");
  for (const Json& published : {starcoder, hunyuan, phi4, nemotron}) read(published);
  const auto refused = [](const Json& config, const char* key, const Json& value) {
    return error_of([&] { read(changed({{key, value}}, config)); });
  };
  EXPECT_THAT(refused(starcoder, "scale_attn_weights", false), HasSubstr("scale_attn_weights"));
  EXPECT_THAT(refused(starcoder, "norm_type", "rms"), HasSubstr("norm_type"));
  EXPECT_THAT(refused(starcoder, "layer_norm_epsilon", 1e-6), HasSubstr("layer_norm_epsilon"));
  EXPECT_THAT(refused(hunyuan, "attention_head_dim", 32), HasSubstr("attention_head_dim"));
  EXPECT_THAT(refused(hunyuan, "use_cla", true), HasSubstr("use_cla"));
  EXPECT_THAT(refused(phi4, "full_attn_mod", 2), HasSubstr("full_attn_mod"));
  EXPECT_THAT(refused(phi4, "interpolate_factor", 2), HasSubstr("interpolate_factor"));
  EXPECT_THAT(refused(nemotron, "kv_channels", 32), HasSubstr("kv_channels"));
}

TEST(ModelConfig, EverythingThatWouldChangeTheForwardPassIsRefusedByName) {
  const std::vector<std::pair<Json, std::string>> cases = {
      {{{"hidden_act", "quick_gelu"}}, "hidden_act"},
      {{{"model_type", "gemma2"}, {"hidden_activation", "xielu"}}, "hidden_activation"},
      {{{"model_type", "gemma"}, {"hidden_activation", "gelu"}}, "hidden_activation"},
      {{{"quantization_config", {{"bits", 4}}}}, "quantization_config"},
      {{{"activation", "geglu"}}, "activation"},
      {{{"partial_rotary_factor", 0.5}}, "partial_rotary_factor"},
      {{{"use_sliding_window", true}}, "use_sliding_window"},
      {{{"sliding_window", 1024}}, "sliding_window"},
      {{{"layer_types", {"full_attention", "sliding_attention"}}}, "layer_types"},
      {{{"embedding_multiplier", 12.0}}, "embedding_multiplier"},
      {{{"use_mup", true}}, "use_mup"},
      // transformers' masks let every position see all of them unless it is true.
      {{{"is_causal", false}}, "is_causal is false"},
      {{{"is_causal", nullptr}}, "is_causal is null"},
      {{{"is_causal", 0}}, "is_causal is 0"},
      // transformers turns whole heads with it, and half of them where the key is missing.
      {{{"model_type", "glm"}, {"partial_rotary_factor", nullptr}},
       "partial_rotary_factor is null"},
      {{{"model_type", "gpt2"}}, "gpt2"},
      {{{"rope_interleaved", true}}, "rope_interleaved"},
      {{{"attention_bias", 1}}, "attention_bias"},
      {{{"hidden_size", "64"}}, "hidden_size"},
      {{{"hidden_size", 64.0}}, "hidden_size"},
      {{{"hidden_size", -64}}, "hidden_size"},
      {{{"vocab_size", 4294967296}}, "vocab_size"},
      {{{"num_hidden_layers", 2000000000}}, "num_hidden_layers"},
      {{{"num_key_value_heads", 3}}, "num_key_value_heads"},
      {{{"head_dim", 15}}, "head_dim"},
      {{{"rms_norm_eps", -1e-5}}, "rms_norm_eps is -1e-05: it must not be negative"},
      {{{"rms_norm_eps", nullptr}}, "rms_norm_eps is null: what the model computes"},
      {{{"rms_norm_eps", "NaN"}}, "rms_norm_eps"},
      {{{"eos_token_id", "2"}}, "eos_token_id"},
      {{{"eos_token_id", {2, 7.5}}}, "eos_token_id"}};
  for (const auto& [changes, name] : cases)
    EXPECT_THAT(refusal(changes), HasSubstr(name)) << changes;
}

/// transformers 5.24 takes such a configuration: no token is of that id, so nothing ends there.
TEST(ModelConfig, AnIdOutsideTheVocabularyEndsNothing) {
  for (const Json& ids : {Json(-1), Json(330), Json(std::int64_t{1} << 40)})
    EXPECT_THAT(read(changed({{"eos_token_id", ids}})).eos_ids, ::testing::IsEmpty()) << ids;
  EXPECT_THAT(read(changed({{"eos_token_id", {-1, 329, 330, 0}}})).eos_ids,
              ::testing::ElementsAre(329, 0));
}

TEST(ModelConfig, MissingKeysAreNamed) {
  for (const char* key : {"model_type", "hidden_size", "intermediate_size", "num_hidden_layers",
                          "vocab_size", "num_attention_heads", "max_position_embeddings"}) {
    Json json = llama();
    json.erase(key);
    EXPECT_THAT(error_of([&] { read(json); }), AllOf(HasSubstr("lacks"), HasSubstr(key)));
  }
  Json teleflm = changed({{"model_type", "teleflm"}});  // no class says which eps
  teleflm.erase("rms_norm_eps");
  EXPECT_THAT(error_of([&] { read(teleflm); }), HasSubstr("lacks rms_norm_eps: what the model"));
}

/// What stands in the file, and not what JSON would make of it.
TEST(ModelConfig, NumbersThatJsonHasNotAreToldAsTheyStand) {
  for (const std::string value : {"Infinity", "-Infinity", "NaN"}) {
    std::string text = changed({{"rope_theta", "@"}}).dump();
    text.replace(text.find("\"@\""), 3, value);
    EXPECT_THAT(error_of([&] { parse_model_config(text, "config.json"); }),
                HasSubstr("rope_theta is " + value + ": it must be a finite number"));
  }
}

TEST(ModelConfig, APartOfAHeadThatDoesNotFitIsToldWithItsSource) {
  const Json nemotron = {{"model_type", "nemotron"}, {"head_dim", 6}, {"norm_eps", 1e-5}};
  EXPECT_THAT(refusal(nemotron),
              HasSubstr("partial_rotary_factor is missing, and 0.5, which its "
                        "class takes then, is not an even number of a head's 6"));
  EXPECT_THAT(refusal(changed({{"partial_rotary_factor", 0.5}}, nemotron)),
              HasSubstr("partial_rotary_factor is 0.5: it must be an even number"));
}

TEST(ModelConfig, TeleFlmScalesOnlyWithMup) {
  const Json mup = {{"model_type", "TeleFLM"},
                    {"input_mult", 1.75},
                    {"output_mult", 0.6},
                    {"mup_scale_factor", 4.0}};
  const ModelConfig with = read(changed({{"use_mup", true}}, changed(mup)));
  EXPECT_EQ(with.model_type, "teleflm");
  EXPECT_EQ(with.embedding_scale, 1.75F);
  EXPECT_EQ(with.logit_scale, static_cast<float>(0.6 / 4));
  const ModelConfig without = read(changed({{"use_mup", false}}, changed(mup)));
  EXPECT_EQ(without.embedding_scale, 1);
  EXPECT_EQ(without.logit_scale, 1);
}

TEST(ModelConfig, Qwen2HasBiasesOnQKVOnlyAndWindowsBehindASwitch) {
  const Json qwen = {{"model_type", "qwen2"}, {"sliding_window", 1024}, {"max_window_layers", 1}};
  const ModelConfig config = read(changed({{"use_sliding_window", false}}, changed(qwen)));
  EXPECT_TRUE(config.qkv_bias);
  EXPECT_FALSE(config.o_bias);
  EXPECT_TRUE(config.block.layers.empty());
  const ModelConfig on = read(changed({{"use_sliding_window", true}}, changed(qwen)));
  EXPECT_EQ(on.block.layer(0).window, 0);
  EXPECT_EQ(on.block.layer(1).window, 1024);
}

/// null: none; missing: transformers' class has 4096.
TEST(ModelConfig, MistralsWindowIsOnEveryLayer) {
  const auto window = [](const Json& changes) {
    Json json = changed({{"model_type", "mistral"}, {"max_position_embeddings", 8192}});
    json.update(changes);
    return read(json).block.layer(1).window;
  };
  EXPECT_EQ(window({{"sliding_window", nullptr}}), 0);
  EXPECT_EQ(window({{"sliding_window", 1000}}), 1000);
  EXPECT_EQ(window({{"sliding_window", 8192}}), 0);  // no request is longer
  EXPECT_EQ(window(Json::object()), 4096);
  EXPECT_THAT(error_of([&] { window({{"sliding_window", 0}}); }), HasSubstr("sliding_window"));
}

/// As transformers 5.24's classes fill layer_types.
TEST(ModelConfig, WindowsByLayerWhereNoLayerTypesStand) {
  const auto windows = [](const Json& changes) {
    Json json = changed({{"num_hidden_layers", 5}, {"max_position_embeddings", 16384}});
    json.update(changes);
    std::vector<int> found;
    for (int layer = 0; layer < 5; ++layer) found.push_back(read(json).block.layer(layer).window);
    return found;
  };
  EXPECT_THAT(windows({{"model_type", "ministral"}}), ElementsAre(4096, 4096, 4096, 4096, 4096));
  EXPECT_THAT(windows({{"model_type", "ministral"}, {"sliding_window", nullptr}}),
              ElementsAre(0, 0, 0, 0, 0));
  EXPECT_THAT(windows({{"model_type", "cwm"},
                       {"rope_theta", nullptr},
                       {"rope_parameters", {{"rope_type", "default"}, {"rope_theta", 1e6}}}}),
              ElementsAre(0, 8192, 8192, 8192, 0));
}

/// Keys of Command R7B's file.
TEST(ModelConfig, Cohere2TurnsTheLayersWithWindows) {
  Json json = changed({{"model_type", "cohere2"},
                       {"layer_norm_eps", 1e-5},
                       {"num_hidden_layers", 4},
                       {"sliding_window", 64},
                       {"head_dim", 16},
                       {"layer_switch", 4},
                       {"order_of_interleaved_layers", "local_attn_first"},
                       {"position_embedding_type", "rope_gptj"},
                       {"rotary_pct", 1.0},
                       {"use_embedding_sharing", true},
                       {"use_gated_activation", true},
                       {"use_parallel_block", true}});
  json.erase("rms_norm_eps");
  const ModelConfig config = read(json);
  for (int layer = 0; layer < 4; ++layer) {
    EXPECT_EQ(config.block.layer(layer).window, layer == 3 ? 0 : 64);
    EXPECT_EQ(config.block.layer(layer).rotation, layer == 3 ? Rotation::kNone : Rotation::kMain);
  }
  for (const auto& [key, value] : std::map<std::string, Json>{{"rotary_pct", 0.5},
                                                              {"head_dim", 32},
                                                              {"layer_switch", 3},
                                                              {"use_parallel_block", false},
                                                              {"sliding_window", nullptr}})
    EXPECT_THAT(error_of([&] {
                  read(changed({{key, value}}, json));
                }),
                HasSubstr(key == "sliding_window" ? "no window is on" : key));
}

TEST(ModelConfig, LayerTypesMustBeOneForEachLayerAndFitTheWindow) {
  const auto error = [](const Json& types, const Json& window) {
    return error_of([&] {
      read(changed({{"model_type", "gemma2"}, {"layer_types", types}, {"sliding_window", window}}));
    });
  };
  EXPECT_EQ(error({"sliding_attention", "full_attention"}, 64), "");
  EXPECT_THAT(error({"sliding_attention"}, 64), HasSubstr("layer_types"));
  EXPECT_THAT(error({"chunked_attention", "full_attention"}, 64), HasSubstr("chunked_attention"));
  EXPECT_THAT(error({"sliding_attention", "full_attention"}, nullptr), HasSubstr("no window"));
}

/// transformers writes int(1e30) where a tokenizer has no limit, and JSON has no 64 bits.
TEST(ModelConfig, ANumberBeyond64BitsIsReadAndOnlyRefusedWhereItMatters) {
  const auto with = [](const std::string& key) {
    const TemporaryFolder folder;
    std::string text = changed({{key, 0}}).dump();
    const std::string zero = "\"" + key + "\":0";
    text.replace(text.find(zero), zero.size(), "\"" + key + "\":1000000000000000019884624838656");
    folder.write("config.json", text);
    return error_of([&] { read_model_config(folder.path()); });
  };
  EXPECT_EQ(with("model_max_length"), "");
  EXPECT_THAT(with("vocab_size"), AllOf(HasSubstr("vocab_size"), HasSubstr("whole number")));
  EXPECT_EQ(with("rope_theta"), "");
}

TEST(ExpectedWeights, NamesShapesAndShards) {
  Json json =
      changed({{"num_hidden_layers", 1}, {"attention_bias", true}, {"tie_word_embeddings", true}});
  const std::vector<WeightSpec> specs = expected_weights(read(json));
  std::vector<std::string> lines;
  for (const WeightSpec& spec : specs) {
    std::string line = spec.name;
    for (std::int64_t n : spec.shape) line += " " + std::to_string(n);
    lines.push_back(line + (spec.inner == InnerAxis::kNone   ? ""
                            : spec.inner == InnerAxis::kRows ? " rows"
                                                             : " columns"));
  }
  const std::string layer = "model.layers.0.";
  EXPECT_THAT(
      lines,
      ElementsAre(
          "model.embed_tokens.weight 330 64 rows", layer + "input_layernorm.weight 64",
          layer + "self_attn.q_proj.weight 64 64 rows", layer + "self_attn.q_proj.bias 64 rows",
          layer + "self_attn.k_proj.weight 32 64 rows", layer + "self_attn.k_proj.bias 32 rows",
          layer + "self_attn.v_proj.weight 32 64 rows", layer + "self_attn.v_proj.bias 32 rows",
          layer + "self_attn.o_proj.weight 64 64 columns", layer + "self_attn.o_proj.bias 64",
          layer + "post_attention_layernorm.weight 64", layer + "mlp.gate_proj.weight 172 64 rows",
          layer + "mlp.up_proj.weight 172 64 rows", layer + "mlp.down_proj.weight 64 172 columns",
          "model.norm.weight 64"));
}

}  // namespace
}  // namespace flm
