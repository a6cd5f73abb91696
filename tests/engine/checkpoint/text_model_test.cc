// A language model that is a part of one with images is read as it is alone.
#include "engine/checkpoint/text_model.h"

#include <gmock/gmock.h>

#include "base/errors.h"
#include "engine/checkpoint/config_hash.h"
#include "tests/engine/checkpoint/small_checkpoint.h"
#include "tests/error_of.h"

namespace flm {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const Json kText = {{"model_type", "gemma3_text"},
                    {"num_key_value_heads", 2},
                    {"head_dim", 4},
                    {"sliding_window", 4},
                    {"tie_word_embeddings", true}};

Json with_images(const Json& text, const std::string& type = "gemma3") {
  return {{"model_type", type},
          {"text_config", text},
          {"vision_config", {{"hidden_size", 3}}},
          {"mm_tokens_per_image", 4},
          {"architectures", {"Gemma3ForConditionalGeneration"}}};
}

std::string hash_of(const SmallCheckpoint& small) {
  SilentProgress progress;
  const std::string folder = small.write();
  return config_hash(read_model_config(folder)) + " " +
         open_table(folder)->check_contents(progress, false).hash;
}

/// Names as transformers 5.24 saves them, and those of its modules.
TEST(TextModel, IsWhatItIsAlone) {
  for (const auto& [prefix, images] :
       {std::pair("language_model.model.", ""), std::pair("model.language_model.", "model.")}) {
    SmallCheckpoint small(kText);
    const std::string alone = hash_of(small);
    SmallTensors tensors;
    for (const auto& [name, tensor] : small.tensors)
      tensors[prefix + name.substr(std::string("model.").size())] = tensor;
    for (const std::string part : {"vision_tower.x.weight", "multi_modal_projector.y"})
      tensors[images + part] = {"F32", {1}, std::string(4, '\0')};
    small.tensors = tensors;
    small.config = with_images(small.config);
    EXPECT_EQ(hash_of(small), alone) << prefix;
  }
}

/// What the text_config of Gemma 3 with 4 billion weights says, and what Gemma3Config of
/// transformers 5.24 makes of it.
TEST(TextModel, LeavesOutTheNumbersOfItsClass) {
  const Json text = {
      {"model_type", "gemma3_text"}, {"hidden_size", 2560},
      {"num_hidden_layers", 34},     {"intermediate_size", 10240},
      {"sliding_window", 1024},      {"rope_scaling", {{"factor", 8.0}, {"rope_type", "linear"}}}};
  const ModelConfig config = parse_model_config(with_images(text).dump(), "config.json");
  EXPECT_EQ(config.heads, 8);
  EXPECT_EQ(config.kv_heads, 4);
  EXPECT_EQ(config.head_dim, 256);
  EXPECT_EQ(config.vocab_rows, 262208);
  EXPECT_EQ(config.max_positions, 131072);
  EXPECT_EQ(config.norm_eps, 1e-6);
  EXPECT_EQ(config.rope_theta, 1e6);
  EXPECT_EQ(config.rope.factor, 8);
  EXPECT_TRUE(config.tied);
}

Json values(const std::string& name) {
  return read_json_file(FLM_SOURCE_DIR "/tests/engine/checkpoint/values/" + name);
}

ModelConfig parsed(const Json& config, bool stored_head = false) {
  return parse_model_config(config.dump(), "config.json", [=] { return stored_head; });
}

/// A window of the context's length is none.
void check_windows_of(const ModelConfig& config, const Json& windows) {
  for (int layer = 0; layer < config.layers; ++layer) {
    const int said = windows.at(static_cast<std::size_t>(layer));
    EXPECT_EQ(config.block.layer(layer).window, said < config.max_positions ? said : 0);
  }
}

/// What transformers makes of them (values/make_config_values.py).
TEST(TextModel, IsWhatTransformersMakesOfIt) {
  for (const Json& one : values("wrapper_values.json")) {
    SCOPED_TRACE(one.at("name"));
    const ModelConfig config = parsed(one.at("config"));
    EXPECT_EQ(config.model_type, one.at("type"));
    EXPECT_EQ(config.tied, one.at("tied"));
    if (one.contains("tied_with_stored_head")) {
      EXPECT_EQ(parsed(one["config"], true).tied, one["tied_with_stored_head"]);
    }
    ASSERT_TRUE(one.at("plain_logits").get<bool>());
    EXPECT_EQ(config.block.logit_cap, 0);
    EXPECT_EQ(config.logit_scale, 1);
    if (one.contains("eps")) {
      EXPECT_EQ(config.norm_eps, one["eps"]);
    }
    if (one.contains("windows")) check_windows_of(config, one["windows"]);
  }
}

/// transformers does not read them there: the user meant text_config, or nothing.
TEST(TextModel, KeysOfTheLanguageModelBesideItAreRefused) {
  for (const Json& one : values("wrapper_keys.json")) {
    const std::string key = one.at("key");
    SCOPED_TRACE(one.at("name"));
    Json config = one.at("config");
    ASSERT_FALSE(one.at("beside").get<bool>());
    config[key] = one.at("value");
    EXPECT_THAT(error_of([&] { parsed(config); }),
                AllOf(HasSubstr("unknown key " + key + " = "), HasSubstr("beside text_config"),
                      HasSubstr("move it into text_config")));
    config["text_config"][key] = one["value"];  // a copy
    EXPECT_EQ(error_of([&] { parsed(config); }), "");
    config[key] = nullptr;
    EXPECT_EQ(error_of([&] { parsed(config); }), "");
  }
}

/// transformers 5 leaves tie_word_embeddings out where it is true, and files of 4 that have a head
/// say nothing either.
TEST(TextModel, IsTiedWhereNothingSaysItAndTheFilesHaveNoHead) {
  SmallCheckpoint small({{"model_type", "mistral"}, {"num_key_value_heads", 2}});
  const std::string head = "lm_head.weight";
  ASSERT_TRUE(small.tensors.contains(head));
  small.config.erase("tie_word_embeddings");
  small.config = with_images(small.config, "mistral3");
  small.tensors["language_model." + head] = small.tensors[head];
  small.tensors.erase(head);
  EXPECT_FALSE(read_model_config(small.write()).tied);
  EXPECT_EQ(error_of([&] { open_table(small.folder.path()); }), "");
  small.tensors.erase("language_model." + head);
  EXPECT_TRUE(read_model_config(small.write()).tied);
  EXPECT_EQ(error_of([&] { open_table(small.folder.path()); }), "");
}

TEST(TextModel, WhatIsNotKnownIsRefused) {
  const auto refusal = [](const Json& config) {
    return error_of([&] { parse_model_config(config.dump(), "config.json"); });
  };
  Json more = with_images(kText);
  more["attention_sink"] = true;
  EXPECT_THAT(refusal(more), HasSubstr("attention_sink"));
  EXPECT_THAT(refusal(with_images({{"model_type", "llama"}})), HasSubstr("\"llama\""));
  EXPECT_THAT(refusal(with_images(3)), HasSubstr("text_config must be an object"));
  EXPECT_THAT(refusal(with_images(kText, "llava")), HasSubstr("model_type is \"llava\""));
  EXPECT_THAT(refusal({{"model_type", "mistral3"}}), HasSubstr("lacks text_config"));
  Json quantized = with_images(kText);
  quantized["quantization_config"] = {{"quant_method", "fp8"}};
  EXPECT_THAT(refusal(quantized), HasSubstr("quantization_config"));
}

}  // namespace
}  // namespace flm
