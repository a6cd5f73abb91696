#include "engine/tokenizer.h"

#include "base/errors.h"
#include "base/system/files.h"
#include "base/system/places.h"
#include "engine/tokenizer/config.h"
#include "engine/tokenizer/configured_tokenizer.h"
#include "engine/tokenizer/sentencepiece_model.h"
#include "engine/tokenizer/sentencepiece_tokenizer.h"
#include "engine/tokenizer/tokenizer_json.h"

namespace flm {

namespace {

/// Names where tokenizer.model, which is not read, has other pieces than tokenizer.json.
void note_difference(const std::string& model_path, ConfiguredTokenizer& tokenizer) {
  const auto pieces = sentencepiece_pieces(read_regular_file(model_path));
  if (!pieces) return;  // another program's file of that name
  const auto size = static_cast<std::size_t>(tokenizer.vocab_size());
  for (std::size_t i = 0; i < pieces->size(); ++i) {
    const std::string here = i < size ? tokenizer.piece(static_cast<std::int32_t>(i)) : "";
    if (here == (*pieces)[i]) continue;
    tokenizer.add_note(model_path +
                       " is passed over for tokenizer.json, which has another piece "
                       "with id " +
                       std::to_string(i) + ": \"" + here + "\", not \"" + (*pieces)[i] + "\"");
    return;
  }
  if (size > pieces->size())
    tokenizer.add_note(model_path + " is passed over for tokenizer.json, which has " +
                       std::to_string(size - pieces->size()) + " tokens more");
}

}  // namespace

/// tokenizer.json decides, as in transformers, unless the configuration names a class of its own
/// that reads tokenizer.model alone.
std::unique_ptr<Tokenizer> Tokenizer::open(const TokenizerOptions& options) {
  const TokenizerConfig config = read_tokenizer_config(options.folder);
  std::string model;
  for (const char* name : {"tokenizer.model", "spiece.model"})
    if (model.empty() && is_there(in_folder(options.folder, name)))
      model = in_folder(options.folder, name);
  const std::string json = in_folder(options.folder, "tokenizer.json");
  if (is_there(json) && (model.empty() || !config.slow_class_alone)) {
    auto tokenizer = parse_tokenizer_json(read_regular_file(json), json, config, options.add_bos);
    if (model.empty()) return tokenizer;
    note_difference(model, *tokenizer);
    return tokenizer;
  }
  if (!model.empty())
    return parse_sentencepiece(read_regular_file(model), model, config, options.add_bos);
  if (is_there(in_folder(options.folder, "vocab.json")))
    throw UserError(
        "no tokenizer: vocab.json and merges.txt alone are not read; put the model's "
        "tokenizer.json beside them (transformers' save_pretrained writes it): " +
        options.folder);
  throw UserError(
      "no tokenizer: neither tokenizer.model nor spiece.model nor tokenizer.json is in the folder; "
      "put one there, or give --tokenizer DIR, the folder that has it: " +
      options.folder);
}

std::size_t Tokenizer::next_cut(std::string_view, std::size_t) const {
  return std::string_view::npos;
}

std::vector<std::int32_t> Tokenizer::encode_after_cut(std::string_view) const {
  FLM_CHECK(false, "this tokenizer names no place to cut a text");
}

std::vector<std::int32_t> Tokenizer::encode_ids(std::string_view text, bool special_tokens) const {
  return encode(text, special_tokens).ids;
}

}  // namespace flm
