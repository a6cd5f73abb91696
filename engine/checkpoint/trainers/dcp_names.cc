#include "engine/checkpoint/trainers/dcp_names.h"

#include <span>
#include <string_view>

#include "base/errors.h"
#include "engine/checkpoint/trainers/renames.h"
#include "engine/checkpoint/trainers/tiling.h"

namespace flm {
namespace {

constexpr std::string_view kWrappers[] = {"_orig_mod.", "_fsdp_wrapped_module.",
                                          "_checkpoint_wrapped_module.", "module."};
/// A trainer's names: those of the model, those below a layer, and what numbers the layers.
struct Naming {
  std::string_view sign;    // a part of a name that no other trainer has
  std::string_view layers;  // "layers."
  std::span<const Rename> model, layer;
  bool interleaved;  // q and k rows stand in pairs, not in halves
};

constexpr Rename kTitan[] = {
    {"tok_embeddings.", "model.embed_tokens."},
    {"output.", "lm_head."},
    {"norm.", "model.norm."},
};
constexpr Rename kTitanLayer[] = {
    {"attention.qkv_linear.wq.", "self_attn.q_proj."},
    {"attention.qkv_linear.wk.", "self_attn.k_proj."},
    {"attention.qkv_linear.wv.", "self_attn.v_proj."},
    {"attention.wq.", "self_attn.q_proj."},
    {"attention.wk.", "self_attn.k_proj."},
    {"attention.wv.", "self_attn.v_proj."},
    {"attention.wo.", "self_attn.o_proj."},
    {"feed_forward.w1.", "mlp.gate_proj."},
    {"feed_forward.w3.", "mlp.up_proj."},
    {"feed_forward.w2.", "mlp.down_proj."},
    {"attention_norm.", "input_layernorm."},
    {"ffn_norm.", "post_attention_layernorm."},
};

constexpr Rename kOlmoCore[] = {
    {"embeddings.", "model.embed_tokens."},
    {"lm_head.w_out.", "lm_head."},
    {"lm_head.norm.", "model.norm."},
};
constexpr Rename kOlmoCoreLayer[] = {
    {"attention.w_q.", "self_attn.q_proj."},
    {"attention.w_k.", "self_attn.k_proj."},
    {"attention.w_v.", "self_attn.v_proj."},
    {"attention.w_out.", "self_attn.o_proj."},
    {"feed_forward.w1.", "mlp.gate_proj."},
    {"feed_forward.w3.", "mlp.up_proj."},
    {"feed_forward.w2.", "mlp.down_proj."},
    {"attention_norm.", "input_layernorm."},
    {"feed_forward_norm.", "post_attention_layernorm."},
};

/// torchtitan keeps Meta's names and order of rows; OLMo-core's Llama has names of its own
/// (olmo_core/nn/hf/convert.py).
constexpr Naming kNamings[] = {
    {"tok_embeddings.", "layers.", kTitan, kTitanLayer, true},
    {"lm_head.w_out.", "blocks.", kOlmoCore, kOlmoCoreLayer, false},
};

/// new[h d + j d/2 + i] = old[h d + 2 i + j]: from pairs side by side to halves.
StoredTensor in_halves(const StoredTensor& tensor, std::int64_t heads) {
  if (tensor.shape.empty() || tensor.shape[0] % (2 * heads) != 0)
    throw UserError("tensor " + tensor.name + " is " + shape_text(tensor.shape) +
                    ", which is not " + std::to_string(heads) + " heads of an even size");
  const std::int64_t d = tensor.shape[0] / heads;
  std::vector<StoredTensor> parts;
  for (std::int64_t h = 0; h < heads; ++h) {
    const StoredTensor head = cut(tensor, 0, h * d, (h + 1) * d);
    for (std::int64_t j = 0; j < 2; ++j) parts.push_back(every(head, j, 2));
  }
  return joined(parts, 0);
}

StoredTensor from_naming(const Naming& naming, const StoredTensor& tensor,
                         const ModelConfig& config) {
  auto layer = split_layer(tensor.name, naming.layers);
  if (!layer) {
    std::string name = tensor.name;
    rename_front(naming.model, name);
    return renamed(tensor, name);
  }
  std::string& rest = layer->rest;
  if (!rename_front(naming.layer, rest)) return tensor;
  const std::string full = "model.layers." + layer->number + "." + rest;
  if (naming.interleaved && rest.starts_with("self_attn.q_proj."))
    return renamed(in_halves(tensor, config.heads), full);
  if (naming.interleaved && rest.starts_with("self_attn.k_proj."))
    return renamed(in_halves(tensor, config.kv_heads), full);
  return renamed(tensor, full);
}

const Naming* naming_of(const std::vector<StoredTensor>& tensors) {
  for (const Naming& naming : kNamings)
    for (const StoredTensor& tensor : tensors)
      if (tensor.name.find(naming.sign) != std::string::npos) return &naming;
  return nullptr;
}

}  // namespace

std::string without_wrappers(std::string name) {
  for (const std::string_view wrapper : kWrappers) {
    for (std::size_t at = name.find(wrapper); at != std::string::npos;
         at = name.find(wrapper, at)) {
      if (at == 0 || name[at - 1] == '.')
        name.erase(at, wrapper.size());
      else
        ++at;
    }
  }
  // {"app": {"model": ..., "optim": ...}} is the layout of torch's own tutorial.
  constexpr std::string_view kApp = "app.model.", kModel = "model.";
  if (name.starts_with(kApp)) name = name.substr(kApp.size());
  if (!name.starts_with(kModel)) return name;
  const std::string inner = name.substr(kModel.size());
  const bool again = inner.starts_with(kModel) || inner.starts_with("lm_head.") ||
                     inner.starts_with("tok_embeddings.") || inner.starts_with("output.");
  return again ? inner : name;
}

std::vector<StoredTensor> from_dcp_names(std::vector<StoredTensor> tensors,
                                         const ModelConfig& config) {
  const Naming* naming = naming_of(tensors);
  if (!naming) return tensors;
  for (StoredTensor& tensor : tensors) {
    // A state that keeps the model under "model." has it before every name.
    constexpr std::string_view kModel = "model.";
    if (tensor.name.starts_with(kModel)) tensor.name = tensor.name.substr(kModel.size());
    tensor = from_naming(*naming, tensor, config);
  }
  return tensors;
}

}  // namespace flm
