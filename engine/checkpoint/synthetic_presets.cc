#include "engine/checkpoint/synthetic_presets.h"

#include <cmath>

namespace flm {
namespace {

/// A Llama block without biases; unless changed, one key/value head per query head, eos id 2.
ModelConfig block(int layers, int hidden, int intermediate, int heads, int vocab_rows,
                  int max_positions) {
  ModelConfig config;
  config.model_type = "teleflm";
  config.layers = layers;
  config.hidden = hidden;
  config.intermediate = intermediate;
  config.heads = config.kv_heads = heads;
  config.head_dim = hidden / heads;
  config.vocab_rows = vocab_rows;
  config.max_positions = max_positions;
  config.rope.original_max_position = max_positions;
  config.norm_eps = 1e-5;
  config.attention_scale = static_cast<float>(1 / std::sqrt(static_cast<double>(config.head_dim)));
  config.eos_ids = {2};
  config.torch_dtype = "bfloat16";
  return config;
}

ModelConfig tele_flm_52b() {
  ModelConfig config = block(64, 8192, 21824, 64, 80384, 4096);
  config.logit_scale = 0.5F / 16;
  return config;
}

/// The small model of the muP search; 80,384 rows as in the large one.
ModelConfig tele_flm_mup_283m() {
  ModelConfig config = block(64, 512, 1344, 4, 80384, 4096);
  config.logit_scale = 0.5F;
  return config;
}

ModelConfig llama_160m() {
  ModelConfig config = block(12, 768, 3072, 12, 32000, 2048);
  config.model_type = "llama";
  config.norm_eps = 1e-6;
  return config;
}

/// Llama 3's 8B.
ModelConfig llama_8b() {
  ModelConfig config = block(32, 4096, 14336, 32, 128256, 8192);
  config.model_type = "llama";
  config.kv_heads = 8;
  config.rope_theta = 500000;
  config.eos_ids = {128001};
  return config;
}

/// For tests: every scale differs from 1, the MLP's width is no multiple of a vector.
ModelConfig tiny() {
  ModelConfig config = block(3, 64, 172, 4, 4096, 512);
  config.embedding_scale = 2;
  config.logit_scale = 0.25F;
  return config;
}

}  // namespace

const std::vector<std::pair<std::string, ModelConfig>>& synthetic_presets() {
  static const std::vector<std::pair<std::string, ModelConfig>> presets = {
      {"tele-flm-52b", tele_flm_52b()},
      {"tele-flm-mup-283m", tele_flm_mup_283m()},
      {"llama-160m", llama_160m()},
      {"llama-8b", llama_8b()},
      {"tiny", tiny()}};
  return presets;
}

}  // namespace flm
