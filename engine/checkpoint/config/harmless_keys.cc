#include "engine/checkpoint/config/harmless_keys.h"

namespace flm {

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

}  // namespace flm
