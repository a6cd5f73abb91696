// A small Llama's config.json, and what reading it with changes gives.
#pragma once

#include <string>

#include "engine/checkpoint/config/model_config.h"
#include "engine/checkpoint/config_json.h"
#include "tests/engine/checkpoint/checkpoint_fixtures.h"

namespace flm {

inline Json llama() {
  return {{"model_type", "llama"},       {"hidden_size", 64},
          {"intermediate_size", 172},    {"num_hidden_layers", 2},
          {"num_attention_heads", 4},    {"num_key_value_heads", 2},
          {"vocab_size", 330},           {"max_position_embeddings", 4096},
          {"rms_norm_eps", 1e-5},        {"rope_theta", 10000.0},
          {"tie_word_embeddings", false}};
}

inline Json changed(const Json& changes, Json config = llama()) {
  config.update(changes);
  return config;
}

inline ModelConfig read(const Json& config) {
  const TemporaryFolder folder;
  folder.write("config.json", config.dump());
  return read_model_config(folder.path());
}

inline std::string refusal(const Json& changes) {
  return error_of([&] { read(changed(changes)); });
}

}  // namespace flm
