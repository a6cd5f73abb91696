// config.json -> ModelConfig. What is not understood is refused by name.
#include "engine/checkpoint/model_config.h"

#include <cmath>
#include <optional>

#include "base/errors.h"
#include "base/foreign_json.h"
#include "engine/checkpoint/config_reader.h"
#include "engine/checkpoint/folder_diagnosis.h"

namespace flm {
namespace {

constexpr int kMostLayers = 10000;  // a hostile number must not become a list of that many names

/// Keys that say nothing about the forward pass of inference.
const std::set<std::string>& harmless_keys() {
  static const std::set<std::string> keys = {"_name_or_path",
                                             "_attn_implementation",
                                             "_attn_implementation_autoset",
                                             "_attn_implementation_internal",
                                             "_flash_attn_2_enabled",
                                             "_commit_hash",
                                             "is_decoder",
                                             "max_sequence_length",
                                             "num_logits_to_keep",
                                             "logits_to_keep",
                                             "use_bfloat16",
                                             "prefix",
                                             "tf_legacy_loss",
                                             "torchscript",
                                             "min_p",
                                             "name_or_path",
                                             "attn_implementation",
                                             "architectures",
                                             "auto_map",
                                             "bos_token_id",
                                             "pad_token_id",
                                             "unk_token_id",
                                             "sep_token_id",
                                             "decoder_start_token_id",
                                             "initializer_range",
                                             "initializer_factor",
                                             "attention_dropout",
                                             "hidden_dropout",
                                             "embd_pdrop",
                                             "resid_pdrop",
                                             "use_cache",
                                             "transformers_version",
                                             "tokenizer_class",
                                             "task_specific_params",
                                             "finetuning_task",
                                             "problem_type",
                                             "id2label",
                                             "label2id",
                                             "num_labels",
                                             "return_dict",
                                             "output_attentions",
                                             "output_hidden_states",
                                             "output_scores",
                                             "return_dict_in_generate",
                                             "max_length",
                                             "min_length",
                                             "max_new_tokens",
                                             "do_sample",
                                             "early_stopping",
                                             "num_beams",
                                             "num_beam_groups",
                                             "diversity_penalty",
                                             "temperature",
                                             "top_k",
                                             "top_p",
                                             "typical_p",
                                             "repetition_penalty",
                                             "length_penalty",
                                             "no_repeat_ngram_size",
                                             "encoder_no_repeat_ngram_size",
                                             "bad_words_ids",
                                             "num_return_sequences",
                                             "chunk_size_feed_forward",
                                             "remove_invalid_values",
                                             "forced_bos_token_id",
                                             "forced_eos_token_id",
                                             "suppress_tokens",
                                             "begin_suppress_tokens",
                                             "exponential_decay_length_penalty",
                                             "is_llama_config",
                                             "unsloth_version",
                                             "unsloth_fixed",
                                             "transformers.js_config",
                                             "mup_base_width",
                                             "use_flash_attn",
                                             "use_flash_attention",
                                             "model_max_length",
                                             "max_window_layers"};
  return keys;
}

void check_factor(ConfigReader& reader, RopeScaling& rope) {
  rope.factor = reader.number("factor");
  if (rope.factor < 1) reader.refuse("factor", "it must be at least 1");
}

void read_llama3(ConfigReader& reader, RopeScaling& rope) {
  rope.low_freq_factor = reader.positive("low_freq_factor");
  rope.high_freq_factor = reader.positive("high_freq_factor");
  rope.original_max_position = reader.integer("original_max_position_embeddings", 1);
  if (rope.high_freq_factor <= rope.low_freq_factor) {
    reader.refuse("high_freq_factor", "it must be larger than low_freq_factor");
  }
}

void read_yarn(ConfigReader& reader, const ModelConfig& config, RopeScaling& rope) {
  rope.original_max_position =
      reader.integer_or("original_max_position_embeddings", 1, config.max_positions);
  rope.attention_factor = reader.positive_or("attention_factor", 0);
  rope.beta_fast = reader.positive_or("beta_fast", 32);
  rope.beta_slow = reader.positive_or("beta_slow", 1);
  rope.mscale = reader.number_or("mscale", 0);
  rope.mscale_all_dim = reader.number_or("mscale_all_dim", 0);
  if (rope.beta_fast < rope.beta_slow) reader.refuse("beta_fast", "it must not be below beta_slow");
  if (!reader.boolean_or("truncate", true)) reader.refuse("truncate", "only true is supported");
  if (config.rope_theta == 1)
    throw UserError(reader.origin() + ": yarn needs a rope_theta other than 1");
}

/// The type stands under "rope_type" or, in older files, "type"; where both stand they must agree.
std::string rope_type(ConfigReader& reader) {
  const std::string old_name = reader.text_or("type", "");
  if (!reader.has("rope_type") && old_name.empty())
    reader.refuse("rope_type", "say which kind of scaling it is");
  const std::string type = reader.text_or("rope_type", old_name);
  if (!old_name.empty() && old_name != type)
    reader.refuse("type", "it contradicts rope_type " + type);
  return type;
}

RopeScaling read_rope_scaling(const Json& object, const std::string& origin,
                              const ModelConfig& config) {
  if (!object.is_object()) throw UserError(origin + ": must be an object or null");
  ConfigReader reader(object, origin);
  RopeScaling rope;
  rope.type = rope_type(reader);
  rope.original_max_position = config.max_positions;
  reader.has("rope_theta");  // the caller has read it
  if (rope.type == "default") {
    reader.refuse_unknown({});
    return rope;
  }
  if (rope.type != "linear" && rope.type != "llama3" && rope.type != "yarn" &&
      rope.type != "dynamic") {
    throw UserError(origin + ": unknown rope_type \"" + rope.type +
                    "\"; known are default, linear, llama3, yarn, dynamic");
  }
  check_factor(reader, rope);
  if (rope.type == "llama3") read_llama3(reader, rope);
  if (rope.type == "yarn") read_yarn(reader, config, rope);
  reader.refuse_unknown({});
  return rope;
}

/// The base stands at the top, in the rope object, or in both, and is one. transformers 5 takes the
/// inner one and older releases the outer one, so that two are nobody's.
double rope_theta(ConfigReader& reader, const std::string& key) {
  constexpr double kClassDefault = 10000;
  std::optional<double> outer, inner;
  if (reader.has("rope_theta")) outer = reader.positive("rope_theta");
  if (reader.has(key) && reader.at(key).is_object()) {
    ConfigReader object(reader.at(key), reader.origin() + ": " + key);
    if (object.has("rope_theta") || (key == "rope_parameters" && !outer))
      inner = object.positive("rope_theta");
  }
  if (outer && inner && *outer != *inner)
    reader.refuse("rope_theta", key + " says " + compact_json(Json(*inner)) + "; keep one of them");
  return inner.value_or(outer.value_or(kClassDefault));
}

void read_rope(ConfigReader& reader, ModelConfig& config) {
  const std::string key = reader.has("rope_scaling") ? "rope_scaling" : "rope_parameters";
  if (key == "rope_scaling" && reader.has("rope_parameters")) {
    reader.refuse("rope_parameters", "it stands beside rope_scaling; keep one of them");
  }
  config.rope_theta = rope_theta(reader, key);
  config.rope.original_max_position = config.max_positions;
  if (!reader.has(key)) return;
  config.rope = read_rope_scaling(reader.at(key), reader.origin() + ": " + key, config);
}

void read_shape(ConfigReader& reader, ModelConfig& config) {
  config.layers = reader.integer("num_hidden_layers", 1);
  config.hidden = reader.integer("hidden_size", 1);
  config.intermediate = reader.integer("intermediate_size", 1);
  config.heads = reader.integer("num_attention_heads", 1);
  config.vocab_rows = reader.integer("vocab_size", 1);
  config.max_positions = reader.integer("max_position_embeddings", 1);
  config.norm_eps = reader.positive("rms_norm_eps");
  if (config.layers > kMostLayers) {
    reader.refuse("num_hidden_layers",
                  "more than " + std::to_string(kMostLayers) + " cannot be right");
  }
}

void read_heads(ConfigReader& reader, ModelConfig& config) {
  const bool named = reader.has("head_dim");
  if (!named && config.hidden % config.heads != 0) {
    reader.refuse("num_attention_heads", "it does not divide hidden_size " +
                                             std::to_string(config.hidden) +
                                             ", and head_dim is not given");
  }
  config.head_dim = named ? reader.integer("head_dim", 2) : config.hidden / config.heads;
  if (config.head_dim % 2 != 0) {
    throw UserError(reader.origin() + ": head_dim must be even for rotary positions: " +
                    std::to_string(config.head_dim));
  }
  const bool classes_differ = config.model_type == "mistral" || config.model_type == "qwen2";
  if (classes_differ && !reader.contains("num_key_value_heads")) {
    reader.at(
        "num_key_value_heads");  // their class defaults (8, 32) fit one size only: it must be said
  }
  config.kv_heads = reader.integer_or("num_key_value_heads", 1, config.heads);
  if (config.heads % config.kv_heads != 0) {
    reader.refuse("num_key_value_heads",
                  "it does not divide num_attention_heads " + std::to_string(config.heads));
  }
  if (static_cast<std::int64_t>(config.heads) * config.head_dim > 2147483647) {
    reader.refuse("num_attention_heads", "heads times head_dim is beyond 2^31");
  }
}

void read_biases(ConfigReader& reader, ModelConfig& config) {
  const bool attention = reader.boolean_or("attention_bias", config.model_type == "qwen2");
  const bool mlp = reader.boolean_or("mlp_bias", false);
  if (config.model_type == "qwen2") {  // q, k, v always have one, o never
    if (!attention) reader.refuse("attention_bias", "a qwen2 model has biases on q, k and v");
    config.qkv_bias = true;
  } else {
    config.qkv_bias = config.o_bias = attention;
  }
  config.mlp_bias = mlp;
  if (attention && config.model_type == "mistral")
    reader.refuse("attention_bias", "a mistral model has no biases");
  if (mlp && (config.model_type == "mistral" || config.model_type == "qwen2")) {
    reader.refuse("mlp_bias", "a " + config.model_type + " model has no biases in its MLP");
  }
}

/// A window is harmless where no request can be longer than it.
void refuse_windows(ConfigReader& reader, const ModelConfig& config) {
  const bool switchable = reader.has("use_sliding_window");
  const bool active = reader.boolean_or("use_sliding_window", true);
  const bool qwen = config.model_type == "qwen2";
  const bool qwen_default = qwen && !switchable;  // its class default is off
  // Qwen2 applies the window from layer max_window_layers on, where there is one.
  const bool no_layer = qwen && reader.integer_or("max_window_layers", 0, 28) >= config.layers;
  const bool off = (switchable && !active) || qwen_default || no_layer;
  if (switchable && active && !off &&
      (!reader.has("sliding_window") || reader.integer("sliding_window", 0) < config.max_positions))
    reader.refuse("use_sliding_window", "sliding windows are not supported");
  if (reader.has("sliding_window") && !off &&
      reader.integer("sliding_window", 0) < config.max_positions) {
    reader.refuse("sliding_window", "a window below max_position_embeddings " +
                                        std::to_string(config.max_positions) + " is not supported");
  }
  if (!reader.has("layer_types")) return;
  for (const Json& type : reader.at("layer_types")) {
    if (type != "full_attention") reader.refuse("layer_types", "only full_attention is supported");
  }
}

void refuse_what_changes_the_forward_pass(ConfigReader& reader) {
  if (reader.has("quantization_config")) {
    reader.refuse("quantization_config",
                  "quantized weights are not supported; give the unquantized checkpoint");
  }
  if (reader.text_or("hidden_act", "silu") != "silu")
    reader.refuse("hidden_act", "only silu is supported");
  if (reader.integer_or("pretraining_tp", 1, 1) != 1)
    reader.refuse("pretraining_tp", "only 1 is supported");
  if (reader.number_or("partial_rotary_factor", 1) != 1) {
    reader.refuse("partial_rotary_factor", "only 1 is supported");
  }
}

void read_scales(ConfigReader& reader, ModelConfig& config) {
  config.attention_scale = static_cast<float>(1 / std::sqrt(static_cast<double>(config.head_dim)));
  if (config.model_type != "teleflm") return;
  const bool use_mup = reader.boolean_or("use_mup", false);
  for (const char* key : {"input_mult", "output_mult", "mup_scale_factor"}) reader.has(key);
  if (!use_mup) return;  // then the multipliers are not applied, whatever they say
  config.embedding_scale = static_cast<float>(reader.positive("input_mult"));
  const double output = reader.positive("output_mult");
  config.logit_scale = static_cast<float>(output / reader.positive("mup_scale_factor"));
  if (!std::isfinite(config.embedding_scale) || !std::isfinite(config.logit_scale) ||
      config.logit_scale == 0 || config.embedding_scale == 0) {
    throw UserError(reader.origin() +
                    ": input_mult or output_mult / mup_scale_factor does not fit a float");
  }
}

void read_eos(ConfigReader& reader, ModelConfig& config) {
  if (!reader.has("eos_token_id")) return;
  const Json& eos = reader.at("eos_token_id");
  const Json list = eos.is_array() ? eos : Json::array({eos});
  for (const Json& id : list) {
    if (!id.is_number_integer() || id < 0 || id >= config.vocab_rows) {
      reader.refuse("eos_token_id", "an id must be a whole number below vocab_size " +
                                        std::to_string(config.vocab_rows));
    }
    config.eos_ids.push_back(id.get<std::int32_t>());
  }
}

std::string read_model_type(ConfigReader& reader) {
  const std::string type = reader.text("model_type");
  if (type == "TeleFLM" || type == "teleflm") return "teleflm";
  if (type == "llama" || type == "mistral" || type == "qwen2") return type;
  reader.refuse("model_type", "known are teleflm, llama, mistral, qwen2");
}

ModelConfig config_of(const Json& json, const std::string& path) {
  if (!json.is_object()) throw UserError(path + ": must be a JSON object");
  ConfigReader reader(json, path);
  ModelConfig config;
  config.model_type = read_model_type(reader);
  refuse_what_changes_the_forward_pass(reader);
  read_shape(reader, config);
  read_heads(reader, config);
  read_rope(reader, config);
  read_biases(reader, config);
  refuse_windows(reader, config);
  read_scales(reader, config);
  read_eos(reader, config);
  config.tied = reader.boolean_or("tie_word_embeddings", false);
  config.torch_dtype = reader.text_or("torch_dtype", reader.text_or("dtype", ""));
  reader.refuse_unknown(harmless_keys());
  return config;
}

}  // namespace

ModelConfig read_model_config(const std::string& folder) {
  require_checkpoint_folder(folder);
  const std::string path = folder + "/config.json";
  refuse_lfs_pointer(path);
  return config_of(read_foreign_json_file(path), path);
}

}  // namespace flm
