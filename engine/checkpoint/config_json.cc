#include "engine/checkpoint/config_json.h"

#include <cmath>
#include <map>

#include "base/documents/foreign_json.h"
#include "base/errors.h"
#include "base/system/files.h"
#include "engine/checkpoint/config/config_reader.h"
#include "engine/checkpoint/families/family.h"
#include "engine/checkpoint/families/layer_rules.h"
#include "engine/checkpoint/families/rope_reader.h"
#include "engine/checkpoint/folder_diagnosis.h"
#include "engine/checkpoint/text_model.h"

namespace flm {
namespace {

constexpr int kMostLayers = 10000;  // a hostile number must not become a list of that many names

/// Keys that say nothing about the forward pass of inference.
const std::set<std::string>& harmless_keys() {
  static const std::set<std::string> keys = {
      "_attn_implementation_autoset", "_attn_implementation_internal", "_flash_attn_2_enabled",
      "_commit_hash", "is_decoder", "max_sequence_length", "num_logits_to_keep", "logits_to_keep",
      "use_bfloat16", "prefix", "tf_legacy_loss", "torchscript", "min_p", "name_or_path",
      "_name_or_path", "_attn_implementation", "attn_implementation", "architectures", "auto_map",
      "bos_token_id", "pad_token_id", "unk_token_id", "sep_token_id", "decoder_start_token_id",
      "initializer_range", "initializer_factor", "attention_dropout", "hidden_dropout",
      "embd_pdrop", "resid_pdrop", "use_cache", "transformers_version", "tokenizer_class",
      "task_specific_params", "finetuning_task", "problem_type", "id2label", "label2id",
      "num_labels", "return_dict", "output_attentions", "output_hidden_states", "output_scores",
      "return_dict_in_generate", "max_length", "min_length", "max_new_tokens", "do_sample",
      "early_stopping", "num_beams", "num_beam_groups", "diversity_penalty", "temperature", "top_k",
      "top_p", "typical_p", "repetition_penalty", "length_penalty", "no_repeat_ngram_size",
      "encoder_no_repeat_ngram_size", "bad_words_ids", "num_return_sequences",
      "chunk_size_feed_forward", "remove_invalid_values", "forced_bos_token_id",
      "forced_eos_token_id", "suppress_tokens", "begin_suppress_tokens",
      "exponential_decay_length_penalty", "is_llama_config", "unsloth_version", "unsloth_fixed",
      "transformers.js_config", "mup_base_width", "use_flash_attn", "use_flash_attention",
      "model_max_length", "max_window_layers", "residual_dropout", "embedding_dropout",
      "eod_token_id", "cache_implementation", "gradient_checkpointing", "neftune_noise_alpha",
      "attn_pdrop", "attn_dropout", "attention_probs_dropout_prob", "hidden_dropout_prob",
      "resid_dropout", "embed_dropout", "classifier_dropout", "padding_side", "trust_remote_code",
      // How other engines attend beyond the context of Qwen2.5-1M's training. Its class in
      // transformers attends to all positions at any length.
      "dual_chunk_attention_config",
      // Ranks of training: how sums were cut, not what they are.
      "pretraining_tp",
      // Where softmax is computed wider than the weights.
      "attention_softmax_in_fp32", "scale_attention_softmax_in_fp32",
      // HunYuan's: of layers that share keys (use_cla), of
      // images and of classes.
      "cla_share_factor", "class_num", "dense_list", "im_end_id", "im_newline_id", "im_start_id",
      "image_token_id", "mask_init_id", "org_vocab_size", "pool_type", "text_end_id",
      "text_start_id"};
  return keys;
}

void read_shape(ConfigReader& reader, const Family& family, ModelConfig& config) {
  config.layers = reader.integer("num_hidden_layers", 1);
  config.hidden = reader.integer("hidden_size", 1);
  config.intermediate = reader.integer("intermediate_size", 1);
  config.heads = reader.integer("num_attention_heads", 1);
  config.vocab_rows = reader.integer("vocab_size", 1);
  config.max_positions = reader.integer("max_position_embeddings", 1);
  config.norm_eps = reader.positive(family.norm_eps);
  if (config.layers > kMostLayers) {
    reader.refuse("num_hidden_layers",
                  "more than " + std::to_string(kMostLayers) + " cannot be right");
  }
}

void read_heads(ConfigReader& reader, const Family& family, ModelConfig& config) {
  // Missing: the class's number where it has one; null: of the hidden size.
  const int otherwise = reader.contains("head_dim") ? 0 : family.head_dim;
  const bool named = reader.has("head_dim") || otherwise > 0;
  if (!named && config.hidden % config.heads != 0) {
    reader.refuse("num_attention_heads", "it does not divide hidden_size " +
                                             std::to_string(config.hidden) +
                                             ", and head_dim is not given");
  }
  config.head_dim =
      named ? reader.integer_or("head_dim", 2, otherwise) : config.hidden / config.heads;
  if (config.head_dim % 2 != 0) {
    throw UserError(reader.origin() + ": head_dim must be even for rotary positions: " +
                    std::to_string(config.head_dim));
  }
  if (!family.kv_heads_optional && !reader.contains("num_key_value_heads"))
    reader.at("num_key_value_heads");  // a class's number fits one size only: it must be said
  config.kv_heads = reader.integer_or("num_key_value_heads", 1, config.heads);
  if (config.heads % config.kv_heads != 0) {
    reader.refuse("num_key_value_heads",
                  "it does not divide num_attention_heads " + std::to_string(config.heads));
  }
  if (static_cast<std::int64_t>(config.heads) * config.head_dim > 2147483647) {
    reader.refuse("num_attention_heads", "heads times head_dim is beyond 2^31");
  }
  config.attention_scale = static_cast<float>(1 / std::sqrt(static_cast<double>(config.head_dim)));
}

/// By transformers' name; null where it is unknown. Several names are one function in other words.
const Activation* find_activation(const std::string& name) {
  static const std::map<std::string, Activation> names = {
      {"silu", Activation::kSilu},
      {"swish", Activation::kSilu},
      {"gelu", Activation::kGelu},
      {"gelu_python", Activation::kGelu},
      {"gelu_pytorch_tanh", Activation::kGeluTanh},
      {"gelu_new", Activation::kGeluTanh},
      {"gelu_fast", Activation::kGeluTanh},
      {"gelu_accurate", Activation::kGeluTanh},
      {"gelu_python_tanh", Activation::kGeluTanh},
      {"relu", Activation::kRelu},
      {"relu2", Activation::kSquaredRelu}};
  const auto found = names.find(name);
  return found == names.end() ? nullptr : &found->second;
}

void read_activation(ConfigReader& reader, const Family& family, ModelConfig& config) {
  const std::string key = family.activation_key;
  config.block.activation = family.activation;
  const bool gelu = family.activation == Activation::kGeluTanh;
  // Gemma's older files say "gelu" or both keys, and its class means the other.
  if (gelu && key != "hidden_act") reader.has("hidden_act");
  if (config.model_type == "gemma") reader.only("hidden_activation", "gelu_pytorch_tanh");
  if (!reader.has(key)) return;
  const std::string name = reader.text(key);
  const Activation* known = find_activation(name);
  if (!known) reader.refuse(key, "supported are silu, gelu, gelu_pytorch_tanh, relu and relu2");
  config.block.activation = *known;
  if (config.model_type == "gemma" && name == "gelu")
    config.block.activation = Activation::kGeluTanh;  // its first files, and its class
}

void refuse_what_changes_the_forward_pass(ConfigReader& reader) {
  if (reader.has("quantization_config")) {
    reader.refuse("quantization_config",
                  "quantized weights are not supported; give the unquantized checkpoint");
  }
  // Models of embeddings say false. To transformers anything but true is, null too.
  const bool said = reader.contains("is_causal");
  if (said && (!reader.has("is_causal") || reader.at("is_causal") != true)) {
    reader.refuse("is_causal", "each position would see those behind it; only causal models score");
  }
}

/// An id outside the vocabulary, -1 for one, ends nothing: no token is of that id.
void read_eos(ConfigReader& reader, ModelConfig& config) {
  if (!reader.has("eos_token_id")) return;
  const Json& eos = reader.at("eos_token_id");
  const Json list = eos.is_array() ? eos : Json::array({eos});
  for (const Json& id : list) {
    if (!id.is_number_integer()) reader.refuse("eos_token_id", "an id must be a whole number");
    if (id >= 0 && id < config.vocab_rows) config.eos_ids.push_back(id.get<std::int32_t>());
  }
}

const Family& read_family(ConfigReader& reader) {
  const Family* family = find_family(reader.text("model_type"));
  if (!family) reader.refuse("model_type", "known are " + known_families());
  return *family;
}

}  // namespace

ModelConfig parse_model_config(std::string_view text, const std::string& path) {
  const Json json = text_model_config(parse_foreign_json(text, path), path);
  if (!json.is_object()) throw UserError(path + ": must be a JSON object");
  ConfigReader reader(json, path);
  const Family& family = read_family(reader);
  ModelConfig config;
  config.model_type = family.type;
  refuse_what_changes_the_forward_pass(reader);
  read_shape(reader, family, config);
  read_heads(reader, family, config);
  read_activation(reader, family, config);
  read_rope(reader, family, config);
  family.read(reader, config);
  settle_layer_rules(config);
  read_eos(reader, config);
  config.tied = reader.boolean_or("tie_word_embeddings", family.tied);
  config.torch_dtype = reader.text_or("torch_dtype", reader.text_or("dtype", ""));
  reader.refuse_unknown(harmless_keys());
  return config;
}

ModelConfig read_model_config(const std::string& folder) {
  require_checkpoint_folder(folder);
  const std::string path = folder + "/config.json";
  refuse_lfs_pointer(path);
  return parse_model_config(read_file(path), path);
}

}  // namespace flm
