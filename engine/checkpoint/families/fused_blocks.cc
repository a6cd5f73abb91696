// Families that store several projections in one tensor.
#include "engine/checkpoint/families/family_names.h"
#include "engine/checkpoint/families/family_readers.h"
#include "engine/checkpoint/families/layer_rules.h"
#include "engine/checkpoint/families/rope_reader.h"

namespace flm {

void read_phi3(ConfigReader& reader, ModelConfig& config) {
  if (config.rope.type != "default" && config.rope.type != "longrope")
    reader.refuse(has_rope_scaling(reader) ? "rope_scaling" : "rope_parameters",
                  "a phi3 model has longrope or no scaling");  // its class reads "yarn" as longrope
  for (const char* key : {"attention_bias", "mlp_bias"})
    if (reader.boolean_or(key, false)) reader.refuse(key, "a phi3 model has none");
  // Phi-4-mini's file says these too, and its class does not read them.
  for (const char* key : {"full_attn_mod", "interpolate_factor"}) reader.only(key, 1);
  config.names = phi3_names();
  read_window_of_all_layers(reader, config, 0);
}

/// attention_bias is of q, k and v, never of o.
void read_glm(ConfigReader& reader, ModelConfig& config) {
  config.qkv_bias = reader.boolean_or("attention_bias", true);
  name_gate_up(config.names);
  config.names.rotary_pairs = true;
  refuse_windows(reader, config);
}

void read_glm4(ConfigReader& reader, ModelConfig& config) {
  read_glm(reader, config);
  config.block.norm_outputs = true;
  config.names = glm4_names();
  config.names.rotary_pairs = true;
}

/// InternLM2's published code (modeling_internlm2.py): wqkv holds for each key head its queries, a
/// key and a value; `bias` is of wqkv and wo.
void read_internlm2(ConfigReader& reader, ModelConfig& config) {
  config.qkv_bias = config.o_bias = reader.boolean_or("bias", true);
  config.names = internlm2_names();
  refuse_windows(reader, config);
}

/// Baichuan's published code (modeling_baichuan.py): W_pack holds q, k and v. The second generation
/// ("BaichuanForCausalLM") divides each row of its head by its length; of both the models of 7
/// billion weights are turned, and those of 13 have ALiBi and no max_position_embeddings.
void read_baichuan(ConfigReader& reader, ModelConfig& config) {
  const Json named = reader.has("architectures") ? reader.at("architectures") : Json();
  const bool first = named == Json::array({"BaiChuanForCausalLM"});
  if (!first && named != Json::array({"BaichuanForCausalLM"}))
    reader.refuse("architectures",
                  "it tells Baichuan's generations apart: BaiChuanForCausalLM of the first, "
                  "BaichuanForCausalLM of the second");
  if (config.heads != config.kv_heads)
    reader.refuse("num_key_value_heads", "a baichuan model has as many as heads");
  config.block.unit_head_rows = !first;
  config.names = baichuan_names();
  refuse_windows(reader, config);
}

}  // namespace flm
