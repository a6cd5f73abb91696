// Families with Llama's block: norms before the branches, a gate, and beside it biases, scalars,
// norms of heads or layers of several kinds.
#include <cmath>

#include "base/errors.h"
#include "engine/checkpoint/families/family_names.h"
#include "engine/checkpoint/families/family_readers.h"
#include "engine/checkpoint/families/layer_rules.h"
#include "engine/checkpoint/families/rope_reader.h"
#include "engine/checkpoint/families/scalars.h"

namespace flm {
namespace {

void no_biases(ConfigReader& reader, const ModelConfig& config) {
  for (const char* key : {"attention_bias", "mlp_bias"})
    if (reader.boolean_or(key, false))
      reader.refuse(key, "models of type " + config.model_type + " have none");
}

/// Windows of Qwen's: behind a switch, on the layers from max_window_layers on. Without layer_types
/// a window of null is none.
void read_qwen_windows(ConfigReader& reader, ModelConfig& config) {
  constexpr int kClassLayers = 28;
  const bool active = reader.boolean_or("use_sliding_window", false) &&
                      (reader.has("layer_types") || has_window(reader));
  const int first = reader.integer_or("max_window_layers", 0, kClassLayers);
  read_windows_by_layer(reader, config, kClassWindow, active,
                        [&](int layer) { return layer >= first; });
}

}  // namespace

void read_llama(ConfigReader& reader, ModelConfig& config) {
  reader.only("activation", "swiglu");  // Falcon 3's files, beside hidden_act
  read_biases(reader, config, false);
  refuse_windows(reader, config);
}

void read_teleflm(ConfigReader& reader, ModelConfig& config) {
  read_llama(reader, config);
  const bool use_mup = reader.boolean_or("use_mup", false);
  for (const char* key : {"input_mult", "output_mult", "mup_scale_factor"}) reader.has(key);
  if (!use_mup) return;  // then the multipliers are not applied, whatever they say
  config.embedding_scale = scalar(reader, "input_mult", reader.positive("input_mult"));
  const double output = reader.positive("output_mult");
  config.logit_scale = scalar(reader, "output_mult", output / reader.positive("mup_scale_factor"));
}

void read_mistral(ConfigReader& reader, ModelConfig& config) {
  no_biases(reader, config);
  read_window_of_all_layers(reader, config, kClassWindow);
}

void read_ministral(ConfigReader& reader, ModelConfig& config) {
  no_biases(reader, config);
  read_windows_by_layer(reader, config, kClassWindow, has_window(reader), [](int) { return true; });
}

void read_ministral3(ConfigReader& reader, ModelConfig& config) {
  no_biases(reader, config);
  read_window_of_all_layers(reader, config, 0);
  // Its class has a scaling of its own where none is given.
  if (!has_rope_scaling(reader)) reader.at("rope_parameters");
}

/// q, k and v always have a bias, o never.
void read_qwen2(ConfigReader& reader, ModelConfig& config) {
  if (!reader.boolean_or("attention_bias", true))
    reader.refuse("attention_bias", "a qwen2 model has biases on q, k and v");
  if (reader.boolean_or("mlp_bias", false))
    reader.refuse("mlp_bias", "a qwen2 model has no biases in its MLP");
  config.qkv_bias = true;
  read_qwen_windows(reader, config);
}

void read_qwen3(ConfigReader& reader, ModelConfig& config) {
  config.qkv_bias = config.o_bias = reader.boolean_or("attention_bias", false);
  config.block.head_norm = HeadNorm::kBeforeRotation;
  read_qwen_windows(reader, config);
}

void read_granite(ConfigReader& reader, ModelConfig& config) {
  read_llama(reader, config);
  config.embedding_scale = scalar_or(reader, "embedding_multiplier", 1);
  config.residual_scale = scalar_or(reader, "residual_multiplier", 1);
  config.attention_scale = scalar_or(reader, "attention_multiplier", 1);
  config.logit_scale =
      scalar(reader, "logits_scaling", 1 / reader.positive_or("logits_scaling", 1));
}

/// MiniCPM's published code (modeling_minicpm.py): embeddings times scale_emb, branches times
/// scale_depth / sqrt(layers), logits over hidden_size / dim_model_base.
void read_minicpm(ConfigReader& reader, ModelConfig& config) {
  read_llama(reader, config);
  config.embedding_scale = scalar_or(reader, "scale_emb", 1);
  const double depth = reader.positive_or("scale_depth", 1);
  config.residual_scale = scalar(reader, "scale_depth", depth / std::sqrt(config.layers));
  const double base = reader.positive_or("dim_model_base", 1);
  config.logit_scale = scalar(reader, "dim_model_base", base / config.hidden);
}

void read_smollm3(ConfigReader& reader, ModelConfig& config) {
  read_biases(reader, config, false);
  const bool listed = reader.has("no_rope_layers");
  const int interval = reader.integer_or("no_rope_layer_interval", 1, 4);
  if (listed && (!reader.at("no_rope_layers").is_array() ||
                 static_cast<int>(reader.at("no_rope_layers").size()) < config.layers))
    reader.refuse("no_rope_layers", "it must have a 0 or 1 for each of the " +
                                        std::to_string(config.layers) + " layers");
  const auto turned = [&](int layer) {
    if (!listed) return (layer + 1) % interval != 0;
    const Json& said = reader.at("no_rope_layers")[static_cast<std::size_t>(layer)];
    if (said != 0 && said != 1 && !said.is_boolean())
      reader.refuse("no_rope_layers", "its entries must be 0 or 1");
    return said == 1 || said == true;
  };
  // The switch is of the layers that its class fills in; layer_types stand for themselves.
  const bool active = reader.boolean_or("use_sliding_window", false) || reader.has("layer_types");
  read_windows_by_layer(reader, config, 0, active,
                        [&](int layer) { return reader.has("sliding_window") && !turned(layer); });
  change_layer_rules(config, [&](int layer, LayerRule& rule) {
    rule.rotation = turned(layer) ? Rotation::kMain : Rotation::kNone;
  });
}

void read_seed_oss(ConfigReader& reader, ModelConfig& config) {
  config.qkv_bias = reader.boolean_or("attention_bias", true);
  config.o_bias = reader.boolean_or("attention_out_bias", false);
  config.mlp_bias = reader.boolean_or("mlp_bias", false);
  refuse_windows(reader, config);
}

void read_ernie4_5(ConfigReader& reader, ModelConfig& config) {
  config.qkv_bias = config.o_bias = config.mlp_bias = reader.boolean_or("use_bias", false);
  config.names.rotary_pairs = true;
  refuse_windows(reader, config);
}

void read_hunyuan(ConfigReader& reader, ModelConfig& config) {
  config.qkv_bias = config.o_bias = reader.boolean_or("attention_bias", false);
  if (reader.boolean_or("mlp_bias", false))
    reader.refuse("mlp_bias", "a hunyuan_v1_dense model has no biases in its MLP");
  if (!reader.boolean_or("use_qk_norm", true))
    reader.refuse("use_qk_norm", "a hunyuan_v1_dense model norms its queries and keys");
  config.block.head_norm = HeadNorm::kAfterRotation;
  reader.only("norm_type", "rms");
  reader.only("use_rotary_pos_emb", true);
  reader.only("attention_head_dim", config.head_dim);
  config.names = hunyuan_names();
  refuse_windows(reader, config);
}

/// Its own code's qkv_bias (with o's) and bias, or Llama's names for them; transformers takes them
/// where both are the same.
void read_internlm3(ConfigReader& reader, ModelConfig& config) {
  const bool attention = reader.boolean_or("attention_bias", reader.boolean_or("qkv_bias", false));
  const bool mlp = reader.boolean_or("mlp_bias", reader.boolean_or("bias", false));
  if (reader.boolean_or("qkv_bias", attention) != attention || attention != mlp)
    reader.refuse(reader.has("qkv_bias") ? "qkv_bias" : "attention_bias",
                  "transformers takes an internlm3 model with biases everywhere or nowhere");
  if (reader.boolean_or("bias", mlp) != mlp) reader.refuse("bias", "it contradicts mlp_bias");
  config.qkv_bias = config.o_bias = config.mlp_bias = attention;
  refuse_windows(reader, config);
}

void read_arcee(ConfigReader& reader, ModelConfig& config) {
  read_llama(reader, config);
  config.block.gated = false;
}

void read_cwm(ConfigReader& reader, ModelConfig& config) {
  constexpr int kWindow = 8192;  // of its class
  if (reader.boolean_or("attention_bias", false))
    reader.refuse("attention_bias", "a cwm model has none");
  config.mlp_bias = reader.boolean_or("mlp_bias", false);
  // Its class has a scaling of its own where none is given.
  if (!has_rope_scaling(reader)) reader.at("rope_parameters");
  read_windows_by_layer(reader, config, kWindow, true, [](int layer) { return layer % 4 != 0; });
}

/// attention_bias is of q, k and v, never of o.
void read_helium(ConfigReader& reader, ModelConfig& config) {
  config.qkv_bias = reader.boolean_or("attention_bias", false);
  config.mlp_bias = reader.boolean_or("mlp_bias", false);
  config.names.rotary_pairs = true;
  refuse_windows(reader, config);
}

}  // namespace flm
