// Gemma: embeddings times sqrt(hidden), norms' weights stored minus 1, GELU gates.
#include <cmath>

#include "engine/checkpoint/families/family_names.h"
#include "engine/checkpoint/families/family_readers.h"
#include "engine/checkpoint/families/layer_rules.h"
#include "engine/checkpoint/families/scalars.h"

namespace flm {
namespace {

void read_shared(ConfigReader& reader, ModelConfig& config) {
  config.block.norm_plus_one = true;
  config.embedding_scale = static_cast<float>(std::sqrt(static_cast<double>(config.hidden)));
  config.qkv_bias = config.o_bias = reader.boolean_or("attention_bias", false);
}

/// Missing: the class's; null: none.
float cap(ConfigReader& reader, const std::string& key, double otherwise) {
  if (!reader.contains(key)) return static_cast<float>(otherwise);
  return reader.has(key) ? scalar(reader, key, reader.positive(key)) : 0;
}

void read_scores(ConfigReader& reader, ModelConfig& config, double score_cap, double logit_cap) {
  const double width = reader.positive_or("query_pre_attn_scalar", 256);
  config.attention_scale = scalar(reader, "query_pre_attn_scalar", 1 / std::sqrt(width));
  config.block.score_cap = cap(reader, "attn_logit_softcapping", score_cap);
  config.block.logit_cap = cap(reader, "final_logit_softcapping", logit_cap);
}

void slide_every_second(ConfigReader& reader, ModelConfig& config) {
  read_windows_by_layer(reader, config, kClassWindow, true,
                        [](int layer) { return layer % 2 == 0; });
}

}  // namespace

void read_gemma(ConfigReader& reader, ModelConfig& config) {
  read_shared(reader, config);
  refuse_windows(reader, config);
}

void read_gemma2(ConfigReader& reader, ModelConfig& config) {
  read_shared(reader, config);
  read_scores(reader, config, 50, 30);
  config.block.norm_outputs = true;
  config.names = gemma2_names();
  slide_every_second(reader, config);
}

void read_vaultgemma(ConfigReader& reader, ModelConfig& config) {
  read_shared(reader, config);
  read_scores(reader, config, 50, 30);
  config.names = pre_norm_names();
  slide_every_second(reader, config);
}

/// Layers with windows have a rotation of their own.
void read_gemma3(ConfigReader& reader, ModelConfig& config) {
  read_shared(reader, config);
  read_scores(reader, config, 0, 0);
  if (config.block.score_cap > 0)  // transformers 5.24 reads the key and does not use it
    reader.refuse("attn_logit_softcapping", "a gemma3_text model caps no attention scores");
  config.block.norm_outputs = true;
  config.block.head_norm = HeadNorm::kBeforeRotation;
  config.names = gemma2_names();
  const int every = reader.integer_or("sliding_window_pattern", 1, 6);
  if (reader.has("_sliding_window_pattern") && !reader.has("layer_types") &&
      reader.integer("_sliding_window_pattern", 1) != every)
    reader.refuse("_sliding_window_pattern", "give layer_types or sliding_window_pattern");
  read_windows_by_layer(reader, config, kClassWindow, true,
                        [&](int layer) { return (layer + 1) % every != 0; });
  set_rotations(config, Rotation::kLocal, Rotation::kMain);
}

}  // namespace flm
