#include "engine/checkpoint/families/family_names.h"

namespace flm {

TensorNames olmo2_names() {
  TensorNames names;
  names.attention_output_norm = "post_attention_layernorm";
  names.mlp_output_norm = "post_feedforward_layernorm";
  return names;
}

TensorNames gemma2_names() {
  TensorNames names = olmo2_names();
  names.mlp_norm = "pre_feedforward_layernorm";
  return names;
}

TensorNames pre_norm_names() {
  TensorNames names;
  names.mlp_norm = "pre_feedforward_layernorm";
  return names;
}

TensorNames glm4_names() {
  TensorNames names;
  names.attention_output_norm = "post_self_attn_layernorm";
  names.mlp_output_norm = "post_mlp_layernorm";
  name_gate_up(names);
  return names;
}

TensorNames one_norm_names() {
  TensorNames names;
  names.mlp_norm = names.attention_norm;
  return names;
}

TensorNames hunyuan_names() {
  TensorNames names;
  names.q_norm = "self_attn.query_layernorm";
  names.k_norm = "self_attn.key_layernorm";
  return names;
}

TensorNames starcoder2_names() {
  TensorNames names;
  names.up = "mlp.c_fc";
  names.down = "mlp.c_proj";
  return names;
}

TensorNames phi3_names() {
  TensorNames names;
  names.qkv = "self_attn.qkv_proj";
  name_gate_up(names);
  return names;
}

TensorNames internlm2_names() {
  TensorNames names;
  names.embedding = "model.tok_embeddings";
  names.head = "output";
  names.attention_norm = "attention_norm";
  names.mlp_norm = "ffn_norm";
  names.q = "attention.wq";
  names.k = "attention.wk";
  names.v = "attention.wv";
  names.o = "attention.wo";
  names.gate = "feed_forward.w1";
  names.up = "feed_forward.w3";
  names.down = "feed_forward.w2";
  names.qkv = "attention.wqkv";
  names.qkv_by_group = true;
  return names;
}

TensorNames baichuan_names() {
  TensorNames names;
  names.qkv = "self_attn.W_pack";
  return names;
}

void name_norms_by_head(TensorNames& names) {
  names.q_norm = "self_attn.q_layernorm";
  names.k_norm = "self_attn.k_layernorm";
  names.head_norms_apart = true;
}

void name_gate_up(TensorNames& names) { names.gate_up = "mlp.gate_up_proj"; }

}  // namespace flm
