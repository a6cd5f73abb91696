// Tokenizers of a tokenizer.json whose pieces are characters: BPE with byte fallback and Unigram,
// as they come from a SentencePiece model.
#pragma once

#include <memory>
#include <string>

#include "engine/tokenizer/config.h"
#include "engine/tokenizer/configured_tokenizer.h"

namespace flm {

/// `file`: the object of the tokenizer.json at `path`, `file_hash` the SHA-256 of its bytes.
/// UserError names the file and the component that is not known, or what is broken.
std::unique_ptr<ConfiguredTokenizer> make_piece_tokenizer(const Json& file,
                                                          const std::string& file_hash,
                                                          const std::string& path,
                                                          const TokenizerConfig& config,
                                                          AddBos add_bos);

}  // namespace flm
