// Families with LayerNorms.
#include "engine/checkpoint/families/family_names.h"
#include "engine/checkpoint/families/family_readers.h"
#include "engine/checkpoint/families/layer_rules.h"
#include "engine/checkpoint/families/scalars.h"

namespace flm {
namespace {

void use_layer_norm(ModelConfig& config, bool bias) {
  config.block.norm = config.block.head_norm_kind = NormKind::kLayer;
  config.block.norm_bias = bias;
}

/// A LayerNorm without bias on each head, with weights of its own.
void norm_heads_apart(ModelConfig& config) {
  config.block.head_norm = HeadNorm::kBeforeRotation;
  config.block.head_norm_apart = true;
}

void share_one_norm(ModelConfig& config) {
  config.block.parallel = true;
  config.names = one_norm_names();
}

void read_cohere_block(ConfigReader& reader, ModelConfig& config) {
  use_layer_norm(config, false);
  share_one_norm(config);
  config.qkv_bias = config.o_bias = reader.boolean_or("attention_bias", false);
  config.logit_scale = scalar_or(reader, "logit_scale", 0.0625);
  config.names.rotary_pairs = true;
}

}  // namespace

void read_nemotron(ConfigReader& reader, ModelConfig& config) {
  use_layer_norm(config, true);
  config.block.norm_plus_one = true;
  config.block.gated = false;
  reader.only("kv_channels", config.head_dim);  // NeMo's files say it too
  read_biases(reader, config, false);
  refuse_windows(reader, config);
}

void read_jais2(ConfigReader& reader, ModelConfig& config) {
  use_layer_norm(config, true);
  config.block.gated = false;
  read_biases(reader, config, true);
  refuse_windows(reader, config);
}

void read_starcoder2(ConfigReader& reader, ModelConfig& config) {
  use_layer_norm(config, true);
  config.block.gated = false;
  config.qkv_bias = config.o_bias = config.mlp_bias = reader.boolean_or("use_bias", true);
  config.names = starcoder2_names();
  // Published files say these too, and its class does not read them.
  reader.only("scale_attn_weights", true);
  reader.only("mlp_type", "default");
  reader.only("norm_type", "layer_norm");
  reader.only("layer_norm_epsilon", config.norm_eps);
  read_window_of_all_layers(reader, config, 0);
}

void read_stablelm(ConfigReader& reader, ModelConfig& config) {
  use_layer_norm(config, true);
  config.qkv_bias = reader.boolean_or("use_qkv_bias", false);
  if (reader.boolean_or("use_parallel_residual", false)) share_one_norm(config);
  if (reader.boolean_or("qk_layernorm", false)) {
    norm_heads_apart(config);
    name_norms_by_head(config.names);
  }
  refuse_windows(reader, config);
}

void read_cohere(ConfigReader& reader, ModelConfig& config) {
  read_cohere_block(reader, config);
  if (reader.boolean_or("use_qk_norm", false)) norm_heads_apart(config);
  refuse_windows(reader, config);
}

/// Layers without a window are not turned.
void read_cohere2(ConfigReader& reader, ModelConfig& config) {
  read_cohere_block(reader, config);
  reader.only("head_dim", config.hidden / config.heads);
  const int every = reader.integer_or("sliding_window_pattern", 1, 4);
  // Published files say these too, and its class does not read them.
  reader.only("layer_switch", every);
  reader.only("order_of_interleaved_layers", "local_attn_first");
  reader.only("position_embedding_type", "rope_gptj");
  reader.only("rotary_pct", 1.0);
  for (const char* key : {"use_embedding_sharing", "use_gated_activation", "use_parallel_block"})
    reader.only(key, true);
  read_windows_by_layer(reader, config, kClassWindow, true,
                        [&](int layer) { return (layer + 1) % every != 0; });
  set_rotations(config, Rotation::kMain, Rotation::kNone);
}

}  // namespace flm
