// A language model that is a part of one with images is read as it is alone.
#include "engine/checkpoint/text_model.h"

#include <gmock/gmock.h>

#include "base/errors.h"
#include "engine/checkpoint/config_hash.h"
#include "tests/engine/checkpoint/small_checkpoint.h"
#include "tests/error_of.h"

namespace flm {
namespace {

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
  Json quantized = with_images(kText);
  quantized["quantization_config"] = {{"quant_method", "fp8"}};
  EXPECT_THAT(refusal(quantized), HasSubstr("quantization_config"));
}

}  // namespace
}  // namespace flm
