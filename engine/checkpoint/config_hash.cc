#include "engine/checkpoint/config_hash.h"

#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/sha256.h"

namespace flm {
namespace {

// Bound by position: a field that is added or taken away does not compile until it is decided here
// whether it is part of the identity.

Json rope_json(const RopeScaling& rope) {
  const auto& [type, factor, low_freq_factor, high_freq_factor, beta_fast, beta_slow, truncate,
               attention_factor, mscale, mscale_all_dim, original_max_position, divisors] = rope;
  Json line = {{"type", type},
               {"factor", factor},
               {"low_freq_factor", low_freq_factor},
               {"high_freq_factor", high_freq_factor},
               {"beta_fast", beta_fast},
               {"beta_slow", beta_slow},
               {"attention_factor", attention_factor},
               {"mscale", mscale},
               {"mscale_all_dim", mscale_all_dim},
               {"original_max_position", original_max_position}};
  // as below: the others keep their hash
  if (!divisors.empty()) line["divisors"] = divisors;
  if (!truncate) line["truncate"] = truncate;
  return line;
}

Json layer_json(const LayerRule& layer) {
  const auto& [window, rotation] = layer;
  return {window, static_cast<int>(rotation)};
}

Json block_json(const Block& block) {
  const auto& [norm, norm_bias, norm_plus_one, norm_inputs, norm_outputs, parallel, head_norm,
               head_norm_kind, head_norm_apart, activation, gated, score_cap, logit_cap,
               query_growth, growth_positions, unit_head_rows, layers] = block;
  Json rules = Json::array();
  for (const LayerRule& layer : layers) rules.push_back(layer_json(layer));
  return {{"norm", static_cast<int>(norm)},
          {"norm_bias", norm_bias},
          {"norm_plus_one", norm_plus_one},
          {"norm_inputs", norm_inputs},
          {"norm_outputs", norm_outputs},
          {"parallel", parallel},
          {"head_norm", static_cast<int>(head_norm)},
          {"head_norm_kind", static_cast<int>(head_norm_kind)},
          {"head_norm_apart", head_norm_apart},
          {"activation", static_cast<int>(activation)},
          {"gated", gated},
          {"score_cap", score_cap},
          {"logit_cap", logit_cap},
          {"query_growth", query_growth},
          {"growth_positions", growth_positions},
          {"unit_head_rows", unit_head_rows},
          {"layers", rules}};
}

}  // namespace

std::string config_hash(const ModelConfig& config) {
  const auto& [model_type, layers, hidden, intermediate, heads, kv_heads, head_dim, vocab_rows,
               max_positions, norm_eps, rope_theta, rope, tied, qkv_bias, o_bias, mlp_bias,
               embedding_scale, residual_scale, attention_scale, logit_scale, eos_ids, torch_dtype,
               rotary_dims, local_rope_theta, local_rope, block, names] = config;
  (void)eos_ids;      // they end a text: each request carries its own
  (void)torch_dtype;  // a remark: the tensors say what they are
  (void)names;  // part of the weights' hash, which is over the tensors as they are computed with
  Json line = {{"model_type", model_type},
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
               {"logit_scale", logit_scale}};
  // What differs from Llama stands there only where it does: models of before keep their hash.
  if (rotary_dims > 0) line["rotary_dims"] = rotary_dims;
  if (local_rope_theta > 0) {
    line["local_rope_theta"] = local_rope_theta;
    line["local_rope"] = rope_json(local_rope);
  }
  if (const Json differs = block_json(block); differs != block_json(Block{}))
    line["block"] = differs;
  return sha256_hex("model 1\n" + compact_json(line));
}

}  // namespace flm
