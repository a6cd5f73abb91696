// What both kinds of tokenizer take from the configuration: added tokens, BOS policy, end tokens.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/tokenizer.h"
#include "engine/tokenizer/config.h"
#include "engine/tokenizer/transformers_class.h"

namespace flm {

class ConfiguredTokenizer : public Tokenizer {
 public:
  std::int32_t vocab_size() const override { return vocab_size_; }
  std::optional<std::int32_t> bos() const override { return bos_; }
  std::optional<std::int32_t> named_bos() const override { return named_bos_; }
  std::optional<std::int32_t> eos() const override { return eos_; }
  std::vector<std::int32_t> eos_ids() const override { return eos_ids_; }
  bool adds_bos() const override { return adds_bos_; }
  std::string hash() const override { return hash_; }
  std::vector<std::string> notes() const override { return notes_; }
  /// While it is opened.
  void add_note(std::string note) { notes_.push_back(std::move(note)); }
  std::string chat_template() const override { return chat_template_; }
  std::vector<std::string> chat_template_names() const override;
  std::string chat_template(const std::string& name) const override;
  std::vector<NamedText> special_token_texts() const override { return special_token_texts_; }

 protected:
  explicit ConfiguredTokenizer(const TokenizerConfig& config);

  /// Sets added_ and vocab_size_ (at least the model's size). `find`: the model's own id of a text,
  /// or -1. A token that neither the files nor the model number gets the next free id, as in
  /// transformers.
  template <typename Find>
  void add_tokens(std::vector<AddedToken> tokens, const Find& find) {
    for (AddedToken& token : tokens) {
      if (token.id < 0) token.id = find(token.content);
      vocab_size_ = std::max(vocab_size_, token.id + 1);
    }
    for (AddedToken& token : tokens)
      if (token.id < 0) token.id = vocab_size_++;
    added_ = AddedTokens(std::move(tokens));
  }

  /// Adds what the class calls special tokens that no file names.
  void name_by_class(const TokenizerConfig& config, RebuildingClass which);

  /// Of "bos_token" and its like; "" where nothing names one.
  std::string special_token_text(const std::string& name) const;

  /// The id of a named added token, else `otherwise` (where not negative).
  std::optional<std::int32_t> named(const std::string& content, std::int32_t otherwise) const;

  /// bos_ and eos_ must be set. `by_default`: what the tokenizer does without a configuration.
  void resolve_bos(AddBos add_bos, bool by_default, const std::string& path);

  void resolve_eos_ids();
  [[noreturn]] void refuse_id(std::int32_t id) const;
  void require_utf8(std::string_view text) const;
  std::string describe_added() const;                   // for the hash
  std::string finish_decoding(std::string text) const;  // clean_up_tokenization_spaces

  AddedTokens added_;
  std::int32_t vocab_size_ = 0;
  std::optional<std::int32_t> bos_, named_bos_, eos_;
  std::vector<std::int32_t> eos_ids_;
  bool adds_bos_ = false;
  bool clean_up_spaces_ = false;
  std::string chat_template_, hash_;
  std::vector<NamedText> special_token_texts_;
  std::vector<NamedText> chat_templates_;
  std::vector<std::string> notes_;
};

/// Replaces every occurrence, from left to right.
std::string replaced(std::string text, std::string_view from, std::string_view to);

}  // namespace flm
