#include "engine/tokenizer.h"

#include "base/errors.h"
#include "base/files.h"
#include "engine/tokenizer/config.h"
#include "engine/tokenizer/sentencepiece_tokenizer.h"
#include "engine/tokenizer/tokenizer_json.h"

namespace flm {

std::unique_ptr<Tokenizer> Tokenizer::open(const TokenizerOptions& options) {
  const TokenizerConfig config = read_tokenizer_config(options.folder);
  for (const char* name : {"tokenizer.model", "spiece.model"}) {
    const std::string path = in_folder(options.folder, name);
    if (file_exists(path))
      return parse_sentencepiece(read_file(path), path, config, options.add_bos);
  }
  const std::string json = in_folder(options.folder, "tokenizer.json");
  if (file_exists(json))
    return parse_tokenizer_json(read_file(json), json, config, options.add_bos);
  throw UserError("no tokenizer: looked for tokenizer.model, spiece.model and tokenizer.json in " +
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
