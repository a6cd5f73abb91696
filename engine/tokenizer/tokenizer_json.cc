#include "engine/tokenizer/tokenizer_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/sha256.h"
#include "engine/tokenizer/bpe_tokenizer.h"
#include "engine/tokenizer/json_tokenizer.h"
#include "engine/tokenizer/json_values.h"
#include "engine/tokenizer/piece_tokenizer.h"

namespace flm {
namespace {

/// Whether a section has a ByteLevel among its components.
bool has_byte_level(const Json& file, const char* section, const char* list,
                    const std::string& path) {
  const auto components = json_components(file, section, list, path);
  return std::any_of(components.begin(), components.end(), [&](const Json* component) {
    return json_string(*component, "type", path) == "ByteLevel";
  });
}

}  // namespace

std::unique_ptr<ConfiguredTokenizer> parse_tokenizer_json(const std::string& json,
                                                          const std::string& path,
                                                          const TokenizerConfig& config,
                                                          AddBos add_bos) {
  const Json file = parse_tokenizer_object(json, path);
  const bool bytes = has_byte_level(file, "pre_tokenizer", "pretokenizers", path) ||
                     has_byte_level(file, "decoder", "decoders", path);
  const std::string hash = sha256_hex(json);
  return bytes ? make_byte_level_bpe(file, hash, path, config, add_bos)
               : make_piece_tokenizer(file, hash, path, config, add_bos);
}

}  // namespace flm
