// A tokenizer from a tokenizer.json.
#pragma once

#include <memory>
#include <string>

#include "engine/tokenizer/config.h"
#include "engine/tokenizer/configured_tokenizer.h"

namespace flm {

/// Reads the text of the tokenizer.json at `path`, of byte-level BPE or of the kind that comes from
/// a SentencePiece model. UserError names the file and the component that is not known, or what is
/// broken.
std::unique_ptr<ConfiguredTokenizer> parse_tokenizer_json(const std::string& json,
                                                          const std::string& path,
                                                          const TokenizerConfig& config,
                                                          AddBos add_bos);

}  // namespace flm
