// What all tokenizers that come from a tokenizer.json share: added tokens, what stands around a
// text, and ids with their texts.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "engine/tokenizer/components/post_processor.h"
#include "engine/tokenizer/configured_tokenizer.h"
#include "engine/tokenizer/models/piece_model.h"
#include "engine/tokenizer/normalizers/normalizer.h"

namespace flm {

class JsonTokenizer : public ConfiguredTokenizer {
 public:
  std::string piece(std::int32_t id) const override;
  bool is_special(std::int32_t id) const override;

 protected:
  JsonTokenizer(const Json& file, const std::string& path, const TokenizerConfig& config);

  /// To be called when the model is there, which must outlive this: numbers the added tokens and
  /// resolves BOS and EOS. UserError where a BOS is to be added and the file puts tokens behind the
  /// text too.
  void settle(const PieceModel& model, const Json& file, const std::string& path,
              const TokenizerConfig& config, AddBos add_bos);

  /// The tokens that are decoded. As the library has it, what is decoded to a special token's text
  /// is special, whichever id it has, and nothing else is.
  std::vector<std::string> decoded_tokens(std::span<const std::int32_t> ids,
                                          bool skip_special) const;

  /// The tokens before a text, if any.
  Encoding begin(bool special_tokens) const;

  Normalizer normalizer_;

 private:
  std::string decoded_token(std::int32_t id) const;
  void add_all_tokens(const Json& file, const std::string& path, const TokenizerConfig& config);
  void number(std::vector<AddedToken>& tokens) const;
  bool adds_bos_by_itself(const Json& file, const std::string& path, const TokenizerConfig& config,
                          AddBos add_bos);
  void resolve_prefix(const Json& file, const std::string& path, const TokenizerConfig& config,
                      AddBos add_bos);

  const PieceModel* model_ = nullptr;
  std::unordered_set<std::string> special_texts_;
  std::vector<std::int32_t> prefix_;  // what stands before a text where a BOS is added
};

/// The object at the root of a tokenizer.json, and its "model".
Json parse_tokenizer_object(const std::string& bytes, const std::string& path);
const Json& model_of(const Json& file, const std::string& path);

std::vector<AddedToken> parse_added_tokens(const Json& file, const std::string& origin);

}  // namespace flm
