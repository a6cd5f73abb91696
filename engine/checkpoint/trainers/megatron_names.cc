#include "engine/checkpoint/trainers/megatron_names.h"

#include <string_view>

#include "base/errors.h"
#include "engine/checkpoint/trainers/renames.h"
#include "engine/checkpoint/trainers/tiling.h"

namespace flm {
namespace {

constexpr std::string_view kLayers = kMegatronLayers;

/// By the end of a name below its layer; with Transformer Engine the norms sit in the linears.
constexpr Rename kOfLayer[] = {
    {"self_attention.linear_qkv.layer_norm_", "input_layernorm."},
    {"input_layernorm.", "input_layernorm."},
    {"self_attention.linear_proj.", "self_attn.o_proj."},
    {"mlp.linear_fc1.layer_norm_", "post_attention_layernorm."},
    {"pre_mlp_layernorm.", "post_attention_layernorm."},
    {"mlp.linear_fc2.", "mlp.down_proj."},
};
constexpr Rename kOfModel[] = {
    {"embedding.word_embeddings.", "model.embed_tokens."},
    {"decoder.final_layernorm.", "model.norm."},
    {"decoder.final_norm.", "model.norm."},
    {"output_layer.", "lm_head."},
};
constexpr Rename kClassic[] = {
    {".attention.", ".self_attention."},
    {"self_attention.query_key_value.", "self_attention.linear_qkv."},
    {"self_attention.dense.", "self_attention.linear_proj."},
    {"mlp.dense_h_to_4h.", "mlp.linear_fc1."},
    {"mlp.dense_4h_to_h.", "mlp.linear_fc2."},
    {".input_norm.", ".input_layernorm."},
    {".post_attention_norm.", ".pre_mlp_layernorm."},
    {".post_attention_layernorm.", ".pre_mlp_layernorm."},
};

std::string last_part(const std::string& name) { return name.substr(name.rfind('.') + 1); }

/// [q ... q k v] of each query group, one group below the other.
void take_qkv(const std::string& prefix, const StoredTensor& tensor, const ModelConfig& config,
              std::vector<StoredTensor>& out) {
  const std::int64_t d = config.head_dim, groups = config.kv_heads;
  const std::int64_t queries = config.heads / config.kv_heads * d, group = queries + 2 * d;
  if (tensor.shape.empty() || tensor.shape[0] != groups * group)
    throw UserError("tensor " + tensor.name + " is " + shape_text(tensor.shape) + ", but " +
                    std::to_string(config.heads) + " query and " + std::to_string(groups) +
                    " key/value heads of " + std::to_string(d) + " make " +
                    std::to_string(groups * group) + " rows");
  std::vector<StoredTensor> q, k, v;
  for (std::int64_t at = 0; at < groups * group; at += group) {
    q.push_back(cut(tensor, 0, at, at + queries));
    k.push_back(cut(tensor, 0, at + queries, at + queries + d));
    v.push_back(cut(tensor, 0, at + queries + d, at + group));
  }
  const std::string kind = "_proj." + last_part(tensor.name);
  out.push_back(renamed(joined(q, 0), prefix + "self_attn.q" + kind));
  out.push_back(renamed(joined(k, 0), prefix + "self_attn.k" + kind));
  out.push_back(renamed(joined(v, 0), prefix + "self_attn.v" + kind));
}

void take_gate_and_up(const std::string& prefix, const StoredTensor& tensor,
                      std::vector<StoredTensor>& out) {
  const std::string kind = last_part(tensor.name);
  if (kind.ends_with("_w") || kind.ends_with("_v")) {  // two keys instead of one
    const std::string which = kind.ends_with("_w") ? "mlp.gate_proj." : "mlp.up_proj.";
    out.push_back(renamed(tensor, prefix + which + kind.substr(0, kind.size() - 2)));
    return;
  }
  if (tensor.shape.empty() || tensor.shape[0] % 2 != 0)
    throw UserError("tensor " + tensor.name + " is " + shape_text(tensor.shape) +
                    ", which is no gate above an up of the same rows");
  const std::int64_t half = tensor.shape[0] / 2;
  out.push_back(renamed(cut(tensor, 0, 0, half), prefix + "mlp.gate_proj." + kind));
  out.push_back(renamed(cut(tensor, 0, half, 2 * half), prefix + "mlp.up_proj." + kind));
}

bool is_linear(const std::string& rest, std::string_view name) {
  return rest.starts_with(name) && rest.find("layer_norm_") == std::string::npos;
}

void take_layer(const std::string& number, const std::string& rest, const StoredTensor& tensor,
                const ModelConfig& config, std::vector<StoredTensor>& out) {
  const std::string prefix = "model.layers." + number + ".";
  if (is_linear(rest, "self_attention.linear_qkv.")) return take_qkv(prefix, tensor, config, out);
  if (is_linear(rest, "mlp.linear_fc1.")) return take_gate_and_up(prefix, tensor, out);
  std::string name = rest;
  out.push_back(renamed(tensor, rename_front(kOfLayer, name) ? prefix + name : tensor.name));
}

/// Rows behind the configuration's vocabulary pad it to a multiple of the ranks.
StoredTensor without_padding(const StoredTensor& tensor, const ModelConfig& config) {
  const bool padded = !tensor.shape.empty() && tensor.shape[0] > config.vocab_rows;
  return padded ? cut(tensor, 0, 0, config.vocab_rows) : tensor;
}

}  // namespace

std::vector<StoredTensor> from_megatron(const std::map<std::string, StoredTensor>& tensors,
                                        const ModelConfig& config) {
  std::vector<StoredTensor> out;
  for (const auto& [name, tensor] : tensors) {
    if (const auto layer = split_layer(name, kLayers)) {
      take_layer(layer->number, layer->rest, renamed(tensor, name), config, out);
      continue;
    }
    std::string other = name;
    rename_front(kOfModel, other);
    const bool vocabulary = other == "model.embed_tokens.weight" || other == "lm_head.weight";
    out.push_back(renamed(vocabulary ? without_padding(tensor, config) : tensor, other));
  }
  return out;
}

bool is_no_weight(const std::string& name) {
  return name.find("_extra_state") != std::string::npos ||
         name.find("/shard_") != std::string::npos || name.ends_with("inv_freq");
}

MegatronCut cut_of(const std::string& name) {
  const auto has = [&](std::string_view part) { return name.find(part) != std::string::npos; };
  if (has("layer_norm_") || has("layernorm") || has("final_norm")) return MegatronCut::kReplicated;
  if (has("linear_proj.weight") || has("linear_fc2.weight")) return MegatronCut::kColumns;
  if (has("linear_fc1.weight") || has("linear_fc1.bias")) return MegatronCut::kGateAndUp;
  if (has("linear_qkv.") || has("word_embeddings.") || has("output_layer."))
    return MegatronCut::kRows;
  return MegatronCut::kReplicated;
}

std::string from_classic(std::string name) {
  for (const Rename& one : kClassic) {
    const std::size_t at = name.find(one.from);
    // "self_attention" holds "attention": only a whole part counts.
    if (at != std::string::npos) name.replace(at, one.from.size(), one.to);
  }
  return "decoder." + name;
}

}  // namespace flm
