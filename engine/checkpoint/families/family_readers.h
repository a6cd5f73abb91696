// What each family reads beyond the keys that all share (Family::read).
#pragma once

#include "engine/checkpoint/config/config_reader.h"
#include "engine/checkpoint/config/model_config.h"

namespace flm {

// Llama's block, with biases, scalars or norms of heads beside it.
void read_llama(ConfigReader& reader, ModelConfig& config);
void read_teleflm(ConfigReader& reader, ModelConfig& config);
void read_mistral(ConfigReader& reader, ModelConfig& config);
void read_ministral(ConfigReader& reader, ModelConfig& config);
void read_ministral3(ConfigReader& reader, ModelConfig& config);
void read_qwen2(ConfigReader& reader, ModelConfig& config);
void read_qwen3(ConfigReader& reader, ModelConfig& config);
void read_granite(ConfigReader& reader, ModelConfig& config);
void read_minicpm(ConfigReader& reader, ModelConfig& config);
void read_smollm3(ConfigReader& reader, ModelConfig& config);
void read_seed_oss(ConfigReader& reader, ModelConfig& config);
void read_ernie4_5(ConfigReader& reader, ModelConfig& config);
void read_hunyuan(ConfigReader& reader, ModelConfig& config);
void read_internlm3(ConfigReader& reader, ModelConfig& config);
void read_arcee(ConfigReader& reader, ModelConfig& config);
void read_cwm(ConfigReader& reader, ModelConfig& config);
void read_helium(ConfigReader& reader, ModelConfig& config);

// Norms behind the branches.
void read_olmo2(ConfigReader& reader, ModelConfig& config);
void read_olmo3(ConfigReader& reader, ModelConfig& config);
void read_exaone4(ConfigReader& reader, ModelConfig& config);

void read_gemma(ConfigReader& reader, ModelConfig& config);
void read_gemma2(ConfigReader& reader, ModelConfig& config);
void read_gemma3(ConfigReader& reader, ModelConfig& config);
void read_vaultgemma(ConfigReader& reader, ModelConfig& config);

// LayerNorms.
void read_nemotron(ConfigReader& reader, ModelConfig& config);
void read_starcoder2(ConfigReader& reader, ModelConfig& config);
void read_stablelm(ConfigReader& reader, ModelConfig& config);
void read_cohere(ConfigReader& reader, ModelConfig& config);
void read_cohere2(ConfigReader& reader, ModelConfig& config);
void read_jais2(ConfigReader& reader, ModelConfig& config);

// Several projections in one tensor.
void read_phi3(ConfigReader& reader, ModelConfig& config);
void read_glm(ConfigReader& reader, ModelConfig& config);
void read_glm4(ConfigReader& reader, ModelConfig& config);
void read_internlm2(ConfigReader& reader, ModelConfig& config);
void read_baichuan(ConfigReader& reader, ModelConfig& config);

}  // namespace flm
