#include "engine/checkpoint/text_model.h"

#include <nlohmann/json.hpp>
#include <set>

#include "base/errors.h"
#include "engine/checkpoint/config/config_reader.h"
#include "engine/checkpoint/config/harmless_keys.h"
#include "engine/checkpoint/families/family.h"

namespace flm {
namespace {

constexpr const char* kTie = "tie_word_embeddings";

/// A model_type with images, the one of its language model where text_config does not say it, and
/// the numbers of its class, which published files leave out of text_config where they are these
/// (transformers 5.24).
struct Wrapper {
  const char* type;
  const char* text_type;
  bool one_type;         // its language model is never of another
  const char* defaults;  // JSON
};
constexpr Wrapper kWrappers[] = {
    {"gemma3", "gemma3_text", true,
     R"({"vocab_size": 262208, "hidden_size": 2304, "intermediate_size": 9216,
         "num_hidden_layers": 26, "num_attention_heads": 8, "num_key_value_heads": 4,
         "head_dim": 256, "max_position_embeddings": 131072})"},
    {"mistral3", "mistral", false, "{}"}};

const Wrapper* wrapper_of(const Json& config) {
  for (const Wrapper& wrapper : kWrappers)
    if (config.is_object() && config.value("model_type", Json()) == wrapper.type) return &wrapper;
  return nullptr;
}

bool says(const Json& object, const std::string& key) {
  return object.contains(key) && !object[key].is_null();
}

Json text_config_of(const Json& whole, const Wrapper& wrapper, const std::string& path) {
  Json text = ConfigReader(whole, path).at("text_config");
  if (!text.is_object()) throw UserError(path + ": text_config must be an object");
  const std::string type = wrapper.text_type;
  if (!says(text, "model_type")) text["model_type"] = type;
  if (wrapper.one_type && text["model_type"] != type)
    throw UserError(path + ": the text_config of a " + wrapper.type +
                    " model must be of model_type " + type + ": " +
                    compact_json(text["model_type"]));
  const Json defaults = Json::parse(wrapper.defaults);
  for (const auto& [key, value] : defaults.items())
    if (!text.contains(key)) text[key] = value;
  return text;
}

/// Where the whole model does not say whether its head is its embedding, transformers 4 asks
/// text_config, and 5 takes it for that unless the files have a head: a tied one has both, else the
/// files decide.
Json tying(const Json& whole, const Json& text, const std::function<bool()>& stored_head) {
  if (says(whole, kTie)) return whole[kTie];
  if (says(text, kTie) && text[kTie] != false) return text[kTie];
  const Json& type = text["model_type"];
  const Family* family = type.is_string() ? find_family(type.get<std::string>()) : nullptr;
  const bool by_class = !says(text, kTie) && family && family->tied;
  return by_class || !stored_head || !stored_head();
}

/// What the whole model says counts for its language model in these keys; no other is read there.
void take_from_whole(const Json& whole, Json& text) {
  for (const char* key : {"eos_token_id", "quantization_config"})
    if (says(whole, key)) text[key] = whole[key];
  for (const char* key : {"dtype", "torch_dtype"})
    if (says(whole, key) && !says(text, "dtype") && !says(text, "torch_dtype"))
      text[key] = whole[key];
}

/// What stands beside text_config must be of images, without a meaning or a copy: transformers
/// reads the language model's keys in text_config alone.
void refuse_strays(const Json& whole, const Json& text, const std::string& path) {
  std::set<std::string> passing = {
      // of images, which no text meets
      "text_config", "vision_config", "boi_token_id", "boi_token_index", "eoi_token_id",
      "eoi_token_index", "image_token_id", "image_token_index", "mm_tokens_per_image",
      "multimodal_projector_bias", "projector_hidden_act", "spatial_merge_size",
      "vision_feature_layer",
      // of both
      "model_type", kTie, "eos_token_id", "quantization_config", "dtype", "torch_dtype"};
  passing.insert(harmless_keys().begin(), harmless_keys().end());
  for (const auto& [key, value] : text.items())
    if (whole.value(key, Json()) == value) passing.insert(key);
  ConfigReader reader(whole, path);
  reader.only("is_causal", true);
  reader.refuse_unknown(passing,
                        "it stands beside text_config, where it is not read as the language "
                        "model's; move it into text_config, or remove it if it changes nothing");
}

}  // namespace

TextModel text_model(const Json& config, const std::string& path,
                     const std::function<bool()>& stored_head) {
  const Wrapper* wrapper = wrapper_of(config);
  if (!wrapper) return {config, false};
  Json text = text_config_of(config, *wrapper, path);
  refuse_strays(config, text, path);
  text[kTie] = tying(config, text, stored_head);
  take_from_whole(config, text);
  return {std::move(text), true};
}

std::string known_wrappers() {
  std::string names;
  for (const Wrapper& wrapper : kWrappers)
    names += (names.empty() ? "" : ", ") + std::string(wrapper.type);
  return names;
}

}  // namespace flm
