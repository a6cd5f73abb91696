#include "engine/checkpoint/text_model.h"

#include <nlohmann/json.hpp>
#include <set>

#include "base/errors.h"

namespace flm {
namespace {

/// A model_type with images, the one of its language model ("": of several), the numbers of its
/// class, which published files leave out of text_config where they are these (transformers 5.24),
/// and the key of text_config that the whole model does not read though the one alone does.
struct Wrapper {
  const char* type;
  const char* text_type;
  const char* defaults;  // JSON
  const char* unread;    // "": none
};
constexpr Wrapper kWrappers[] = {
    {"gemma3", "gemma3_text",
     R"({"vocab_size": 262208, "hidden_size": 2304, "intermediate_size": 9216,
         "num_hidden_layers": 26, "num_attention_heads": 8, "num_key_value_heads": 4,
         "head_dim": 256, "max_position_embeddings": 131072, "rms_norm_eps": 1e-06,
         "tie_word_embeddings": true})",
     "final_logit_softcapping"},
    {"mistral3", "", "{}", ""}};

/// What they say of images, which no text meets.
const std::set<std::string>& keys_of_images() {
  static const std::set<std::string> keys = {"text_config",          "vision_config",
                                             "boi_token_index",      "eoi_token_index",
                                             "image_token_index",    "image_token_id",
                                             "mm_tokens_per_image",  "multimodal_projector_bias",
                                             "projector_hidden_act", "spatial_merge_size",
                                             "vision_feature_layer"};
  return keys;
}

const Wrapper* wrapper_of(const Json& config) {
  for (const Wrapper& wrapper : kWrappers)
    if (config.contains("text_config") && config.value("model_type", Json()) == wrapper.type)
      return &wrapper;
  return nullptr;
}

}  // namespace

Json text_model_config(const Json& config, const std::string& path) {
  const Wrapper* wrapper = config.is_object() ? wrapper_of(config) : nullptr;
  if (!wrapper) return config;
  Json text = config["text_config"];
  if (!text.is_object()) throw UserError(path + ": text_config must be an object");
  const std::string type = wrapper->text_type;
  if (!type.empty() && text.value("model_type", Json(type)) != type)
    throw UserError(path + ": the text_config of a " + wrapper->type +
                    " model must be of model_type " + type + ": " +
                    compact_json(text["model_type"]));
  if (!type.empty()) text["model_type"] = type;
  if (text.contains(wrapper->unread)) text[wrapper->unread] = nullptr;
  for (const char* key : {"tie_word_embeddings", "eos_token_id"})  // the whole model's count
    if (config.contains(key)) text[key] = config[key];
  for (const Json& more : {config, Json::parse(wrapper->defaults)})
    for (const auto& [key, value] : more.items())
      if (!keys_of_images().contains(key) && !text.contains(key)) text[key] = value;
  return text;
}

}  // namespace flm
