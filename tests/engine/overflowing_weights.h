// A small model whose rows are sound but for one token's: that one's embedding goes beyond fp32.
#pragma once

#include <limits>
#include <memory>
#include <vector>

#include "tests/engine/seeded_weights.h"

namespace flm::test {

class OverflowingWeights : public SeededWeights {
 public:
  static constexpr std::int32_t kToken = 40;

  static ModelConfig config() {
    ModelConfig config;
    config.model_type = "llama";
    config.layers = 2;
    config.hidden = 32;
    config.intermediate = 48;
    config.heads = config.kv_heads = 2;
    config.head_dim = 16;
    config.vocab_rows = 80;
    config.max_positions = config.rope.original_max_position = 256;
    config.norm_eps = 1e-5;
    config.embedding_scale = 4;
    config.attention_scale = 0.25f;
    return config;
  }

  explicit OverflowingWeights(const ModelConfig& config) : SeededWeights(config) {}
  Loaded load(const std::string& name) const override {
    Loaded loaded = SeededWeights::load(name);
    if (name != "model.embed_tokens.weight") return loaded;
    const auto* sound = reinterpret_cast<const float*>(loaded.view.data);
    auto values = std::make_shared<std::vector<float>>(sound, sound + loaded.view.elements());
    // Finite as it is stored, and not once it is scaled.
    (*values)[static_cast<std::size_t>(kToken * loaded.view.shape[1])] =
        std::numeric_limits<float>::max();
    loaded.view.data = reinterpret_cast<const std::byte*>(values->data());
    loaded.storage = values;
    return loaded;
  }
};

}  // namespace flm::test
