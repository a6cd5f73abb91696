#include "engine/tokenizer/known_keys.h"

#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "base/errors.h"
#include "base/text/printable.h"

namespace flm {
namespace {

using Keys = std::set<std::string_view>;

/// Read by read_tokenizer_config, or saying nothing about ids and texts: limits and sides of
/// padding and truncation, names of files, of programs and of the save, other modalities' tokens.
const Keys& tokenizer_keys() {
  static const Keys keys = {"add_bos_token",
                            "add_eos_token",
                            "add_prefix_space",
                            "added_tokens_decoder",
                            "additional_special_tokens",
                            "bos_token",
                            "eos_token",
                            "unk_token",
                            "pad_token",
                            "sep_token",
                            "cls_token",
                            "mask_token",
                            "chat_template",
                            "clean_up_tokenization_spaces",
                            kCleanUpOfBpe,
                            "extra_special_tokens",
                            "model_specific_special_tokens",
                            "legacy",
                            "tokenizer_class",
                            "auto_map",
                            "model_max_length",
                            "max_length",
                            "max_len",
                            "model_input_names",
                            "name_or_path",
                            "_name_or_path",
                            "padding_side",
                            "truncation_side",
                            "truncation_strategy",
                            "stride",
                            "pad_to_multiple_of",
                            "pad_token_type_id",
                            "padding",
                            "truncation",
                            "processor_class",
                            "special_tokens_map_file",
                            "tokenizer_file",
                            "vocab_file",
                            "merges_file",
                            "use_default_system_prompt",
                            "use_fast",
                            "use_fast_tokenizer",
                            "backend",
                            "is_local",
                            "local_files_only",
                            "verbose",
                            "transformers_version",
                            "spaces_between_special_tokens",
                            "errors",
                            "response_schema",
                            "response_template",
                            "chat_control_tokens",
                            "tool_parser_type",
                            "files_loaded",
                            "return_token_type_ids",
                            "trust_remote_code",
                            "torch_dtype",
                            "dtype",
                            "device_map",
                            "revision",
                            "_commit_hash",
                            "extra_ids",
                            "unk_id",
                            "sp_model_kwargs",
                            "remove_space",
                            "keep_accents",
                            "do_lower_case",
                            "do_lowercase",
                            "trim_offsets",
                            "tokenizer_type",
                            "tokenizer_version",
                            "split_special_tokens",
                            "image_token",
                            "audio_token",
                            "video_token",
                            "vision_bos_token",
                            "vision_eos_token",
                            "image_token_id",
                            "eod_token",
                            "boi_token",
                            "eoi_token",
                            "unsloth_version",
                            "init_inputs",
                            "fix_mistral_regex",
                            "unk_token_id",
                            "bos_token_id",
                            "eos_token_id",
                            "pad_token_id",
                            "vocab_size",
                            "image_size",
                            "patch_size",
                            "language",
                            "task",
                            "init_kwargs",
                            "cache_dir",
                            "token",
                            "use_auth_token",
                            "resume_download",
                            "force_download",
                            "subfolder",
                            "proxies",
                            "architectures",
                            "model_type"};
  return keys;
}

/// What greedy decoding does not look at: ids that are told elsewhere, limits (the task's count),
/// sampling, caches, the shape of the answer, helpers that give the same text sooner.
const Keys& generation_keys() {
  static const Keys keys = {"eos_token_id",
                            "bos_token_id",
                            "pad_token_id",
                            "unk_token_id",
                            "decoder_start_token_id",
                            "_from_model_config",
                            "_commit_hash",
                            "_original_object_hash",
                            "transformers_version",
                            "max_length",
                            "max_time",
                            "do_sample",
                            "temperature",
                            "top_k",
                            "top_p",
                            "min_p",
                            "top_h",
                            "typical_p",
                            "epsilon_cutoff",
                            "eta_cutoff",
                            "early_stopping",
                            "use_cache",
                            "use_mtp",
                            "cache_implementation",
                            "cache_config",
                            "max_cache_len",
                            "num_return_sequences",
                            "output_attentions",
                            "output_hidden_states",
                            "output_scores",
                            "output_logits",
                            "return_dict_in_generate",
                            "renormalize_logits",
                            "remove_invalid_values",
                            "is_assistant",
                            "num_assistant_tokens",
                            "num_assistant_tokens_schedule",
                            "assistant_confidence_threshold",
                            "prompt_lookup_num_tokens",
                            "max_matching_ngram_size",
                            "assistant_early_exit",
                            "assistant_lookbehind",
                            "target_lookbehind",
                            "assistant_ensemble_weight",
                            "speculation_type",
                            "compile_config",
                            "disable_compile",
                            "continuous_batching_config",
                            "low_memory",
                            "prefill_chunk_size",
                            "trust_remote_code",
                            "chat_format",
                            "max_window_size",
                            "attn_implementation",
                            "generation_mode"};
  return keys;
}

/// Applied by generate to greedy decoding too; each with the value that changes nothing.
struct Active {
  const char* key;
  const char* neutral;  // JSON
};
constexpr Active kActive[] = {{"repetition_penalty", "1.0"},
                              {"encoder_repetition_penalty", "1.0"},
                              {"no_repeat_ngram_size", "0"},
                              {"encoder_no_repeat_ngram_size", "0"},
                              {"min_length", "0"},
                              {"min_new_tokens", "0"},
                              {"max_new_tokens", "null"},
                              {"num_beams", "1"},
                              {"num_beam_groups", "1"},
                              {"length_penalty", "1.0"},
                              {"diversity_penalty", "0.0"},
                              {"penalty_alpha", "0"},
                              {"guidance_scale", "1.0"},
                              {"bad_words_ids", "[]"},
                              {"force_words_ids", "[]"},
                              {"constraints", "[]"},
                              {"forced_bos_token_id", "null"},
                              {"forced_eos_token_id", "null"},
                              {"exponential_decay_length_penalty", "null"},
                              {"suppress_tokens", "[]"},
                              {"begin_suppress_tokens", "[]"},
                              {"sequence_bias", "{}"},
                              {"token_healing", "false"},
                              {"watermarking_config", "null"},
                              {"stop_strings", "[]"},
                              {"dola_layers", "null"}};

/// A switch that is off.
bool is_off(const Json& value) {
  return value.is_null() || value == false || value == "" ||
         (value.is_structured() && value.empty());
}

const Active* active(std::string_view key) {
  for (const Active& one : kActive)
    if (key == one.key) return &one;
  return nullptr;
}

[[noreturn]] void refuse_key(const std::string& path, const std::string& key, const Json& value,
                             const std::string& why) {
  throw UserError(path + ": " + why + ": " + key + " = " + printable(compact_json(value)));
}

}  // namespace

void check_tokenizer_config_keys(const Json& object, const std::string& path) {
  for (const auto& [key, value] : object.items()) {
    if (is_off(value)) continue;
    if (key == "split_special_tokens")
      refuse_key(path, key, value,
                 "special tokens in a text are not cut into pieces here; set it to false");
    if (key == "sp_model_kwargs")
      refuse_key(path, key, value, "options of sentencepiece are not followed; empty it");
    if (key == "fix_mistral_regex")
      refuse_key(path, key, value,
                 "transformers would put another pattern in place of tokenizer.json's; save the "
                 "tokenizer with it and remove the key");
    const bool other_token = key.ends_with("_token") && value.is_string();
    if (!tokenizer_keys().contains(key) && !other_token)
      refuse_key(path, key, value,
                 "unknown key, which may change the ids; remove it if it does not");
  }
}

std::vector<std::string> generation_config_notes(const Json& object, const std::string& path) {
  std::vector<std::string> notes;
  for (const auto& [key, value] : object.items()) {
    if (is_off(value) || generation_keys().contains(key)) continue;
    const Active* known = active(key);
    if (!known)
      refuse_key(path, key, value,
                 "unknown key, which may change what is generated; remove it if it does not");
    if (value == Json::parse(known->neutral)) continue;
    notes.push_back(path + ": " + key + " = " + printable(compact_json(value)) +
                    " is not applied to what is generated here; transformers' generate, and so "
                    "lm-evaluation-harness with hf, applies it to greedy decoding too");
  }
  return notes;
}

}  // namespace flm
