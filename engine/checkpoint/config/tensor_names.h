// What a checkpoint calls its tensors, and which of them it stores as one. Plain data.
#pragma once

#include <string>

namespace flm {

/// Without ".weight" and ".bias"; those of a layer behind LAYERS + index + ".". Hugging Face's
/// Llama by default.
struct TensorNames {
  std::string embedding = "model.embed_tokens", norm = "model.norm", head = "lm_head";
  std::string layers = "model.layers.";
  std::string attention_norm = "input_layernorm", mlp_norm = "post_attention_layernorm";
  std::string attention_output_norm = {}, mlp_output_norm = {};  // Block::norm_outputs
  std::string q = "self_attn.q_proj", k = "self_attn.k_proj", v = "self_attn.v_proj",
              o = "self_attn.o_proj";
  std::string q_norm = "self_attn.q_norm", k_norm = "self_attn.k_norm";
  std::string gate = "mlp.gate_proj", up = "mlp.up_proj", down = "mlp.down_proj";

  // Stored as one tensor: its rows are q, k, v one behind the other, or so for each key head in
  // turn; gate, then up. Empty: each for itself.
  std::string qkv = {}, gate_up = {};
  bool qkv_by_group = false;
  /// Values 2i and 2i + 1 of a head are turned together, not i and i + half: rows of q and k are
  /// put into the order of halves when they are read, which moves no score.
  bool rotary_pairs = false;
  bool head_norms_apart = false;  // a tensor PREFIX.norms.HEAD for each head's norm

  std::string in_layer(int index, const std::string& name) const {
    return layers + std::to_string(index) + "." + name;
  }
};

}  // namespace flm
