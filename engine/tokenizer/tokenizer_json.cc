#include "engine/tokenizer/tokenizer_json.h"

#include <nlohmann/json.hpp>

#include "base/sha256.h"
#include "engine/tokenizer/bpe_tokenizer.h"
#include "engine/tokenizer/json_tokenizer.h"
#include "engine/tokenizer/piece_tokenizer.h"
#include "engine/tokenizer/transformers_notes.h"

namespace flm {
std::unique_ptr<ConfiguredTokenizer> parse_tokenizer_json(const std::string& json,
                                                          const std::string& path,
                                                          const TokenizerConfig& config,
                                                          AddBos add_bos) {
  const Json file = parse_tokenizer_object(json, path);
  const std::string hash = sha256_hex(json);
  auto tokenizer = has_byte_level(file, path)
                       ? make_byte_level_bpe(file, hash, path, config, add_bos)
                       : make_piece_tokenizer(file, hash, path, config, add_bos);
  for (std::string& note : transformers_notes(file, path, config))
    tokenizer->add_note(std::move(note));
  return tokenizer;
}

}  // namespace flm
