// The shape of a transformer and what its block computes, read from config.json. Plain data.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/checkpoint/config/block.h"
#include "engine/checkpoint/config/tensor_names.h"

namespace flm {

struct RopeScaling {
  std::string type = "default";  // default, linear, llama3, yarn, dynamic, longrope
  double factor = 1;
  double low_freq_factor = 1, high_freq_factor = 4;  // llama3
  double beta_fast = 32, beta_slow = 1;              // yarn
  bool truncate = true;                              // yarn's ramp begins and ends at whole pairs
  double attention_factor = 0;                       // yarn, longrope; 0: derived from the factor
  double mscale = 0, mscale_all_dim = 0;             // yarn, where given
  std::int64_t original_max_position = 0;
  std::vector<double> divisors;  // longrope: of each frequency up to the original context
};

/// Tele-FLM = {input_mult, 1, 1/sqrt(d), output_mult/mup_scale_factor} when use_mup; Llama = {1, 1,
/// 1/sqrt(d), 1}.
struct ModelConfig {
  std::string model_type;  // of engine/checkpoint/families
  int layers = 0, hidden = 0, intermediate = 0;
  int heads = 0, kv_heads = 0, head_dim = 0;
  int vocab_rows = 0;
  int max_positions = 0;
  double norm_eps = 0;
  double rope_theta = 10000;
  RopeScaling rope;
  bool tied = false;
  bool qkv_bias = false, o_bias = false, mlp_bias = false;
  float embedding_scale = 1, residual_scale = 1, attention_scale = 0, logit_scale = 1;
  std::vector<std::int32_t> eos_ids;
  std::string torch_dtype;
  int rotary_dims = 0;          // the first of a head's values, which are turned; 0: all
  double local_rope_theta = 0;  // Rotation::kLocal
  RopeScaling local_rope;
  Block block;
  TensorNames names;

  int turned() const { return rotary_dims > 0 ? rotary_dims : head_dim; }
};

/// Longest request that keeps every position's result independent of the request's length
/// (dynamic rope and longrope: the original context).
int longest_request(const ModelConfig& config);

/// Rotary frequencies [turned() / 2] in double after rope_scaling, and yarn's or longrope's factor
/// on cos and sin.
struct RotaryFrequencies {
  std::vector<double> inv_freq;  // empty: Rotation::kNone
  double attention_factor = 1;
};
RotaryFrequencies rotary_frequencies(const ModelConfig& config,
                                     Rotation rotation = Rotation::kMain);

}  // namespace flm
