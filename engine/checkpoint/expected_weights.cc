#include "engine/checkpoint/weight_table.h"

namespace flm {
namespace {

/// Appends "PREFIX.weight" and, where `bias`, "PREFIX.bias". A bias is cut with the rows of its
/// weight.
void add_linear(std::vector<WeightSpec>& out, const std::string& prefix, std::int64_t rows,
                std::int64_t columns, Shard shard, bool bias) {
  out.push_back({prefix + ".weight", {rows, columns}, shard});
  if (bias)
    out.push_back({prefix + ".bias", {rows}, shard == Shard::kRows ? Shard::kRows : Shard::kNone});
}

void add_layer(std::vector<WeightSpec>& out, const ModelConfig& c, int layer) {
  const std::string prefix = "model.layers." + std::to_string(layer) + ".";
  const std::int64_t h = c.hidden, f = c.intermediate, d = c.head_dim;
  const std::int64_t q = c.heads * d, kv = c.kv_heads * d;
  out.push_back({prefix + "input_layernorm.weight", {h}, Shard::kNone});
  add_linear(out, prefix + "self_attn.q_proj", q, h, Shard::kRows, c.qkv_bias);
  add_linear(out, prefix + "self_attn.k_proj", kv, h, Shard::kRows, c.qkv_bias);
  add_linear(out, prefix + "self_attn.v_proj", kv, h, Shard::kRows, c.qkv_bias);
  add_linear(out, prefix + "self_attn.o_proj", h, q, Shard::kColumns, c.o_bias);
  out.push_back({prefix + "post_attention_layernorm.weight", {h}, Shard::kNone});
  add_linear(out, prefix + "mlp.gate_proj", f, h, Shard::kRows, c.mlp_bias);
  add_linear(out, prefix + "mlp.up_proj", f, h, Shard::kRows, c.mlp_bias);
  add_linear(out, prefix + "mlp.down_proj", h, f, Shard::kColumns, c.mlp_bias);
}

}  // namespace

std::vector<WeightSpec> expected_weights(const ModelConfig& config) {
  std::vector<WeightSpec> out;
  out.push_back({"model.embed_tokens.weight", {config.vocab_rows, config.hidden}, Shard::kRows});
  for (int layer = 0; layer < config.layers; ++layer) add_layer(out, config, layer);
  out.push_back({"model.norm.weight", {config.hidden}, Shard::kNone});
  if (!config.tied)
    out.push_back({"lm_head.weight", {config.vocab_rows, config.hidden}, Shard::kRows});
  return out;
}

}  // namespace flm
