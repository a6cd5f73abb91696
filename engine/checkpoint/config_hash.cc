#include "engine/checkpoint/config_hash.h"

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/sha256.h"

namespace flm {
namespace {

// Bound by position: a field that is added or taken away does not compile until it is decided here
// whether it is part of the identity.

Json rope_json(const RopeScaling& rope) {
  const auto& [type, factor, low_freq_factor, high_freq_factor, beta_fast, beta_slow,
               attention_factor, mscale, mscale_all_dim, original_max_position] = rope;
  return {{"type", type},
          {"factor", factor},
          {"low_freq_factor", low_freq_factor},
          {"high_freq_factor", high_freq_factor},
          {"beta_fast", beta_fast},
          {"beta_slow", beta_slow},
          {"attention_factor", attention_factor},
          {"mscale", mscale},
          {"mscale_all_dim", mscale_all_dim},
          {"original_max_position", original_max_position}};
}

}  // namespace

std::string config_hash(const ModelConfig& config) {
  const auto& [model_type, layers, hidden, intermediate, heads, kv_heads, head_dim, vocab_rows,
               max_positions, norm_eps, rope_theta, rope, tied, qkv_bias, o_bias, mlp_bias,
               embedding_scale, residual_scale, attention_scale, logit_scale, eos_ids,
               torch_dtype] = config;
  (void)eos_ids;      // they end a text: each request carries its own
  (void)torch_dtype;  // a remark: the tensors say what they are
  return sha256_hex("model 1\n" + compact_json({{"model_type", model_type},
                                                {"layers", layers},
                                                {"hidden", hidden},
                                                {"intermediate", intermediate},
                                                {"heads", heads},
                                                {"kv_heads", kv_heads},
                                                {"head_dim", head_dim},
                                                {"vocab_rows", vocab_rows},
                                                {"max_positions", max_positions},
                                                {"norm_eps", norm_eps},
                                                {"rope_theta", rope_theta},
                                                {"rope", rope_json(rope)},
                                                {"tied", tied},
                                                {"qkv_bias", qkv_bias},
                                                {"o_bias", o_bias},
                                                {"mlp_bias", mlp_bias},
                                                {"embedding_scale", embedding_scale},
                                                {"residual_scale", residual_scale},
                                                {"attention_scale", attention_scale},
                                                {"logit_scale", logit_scale}}));
}

}  // namespace flm
