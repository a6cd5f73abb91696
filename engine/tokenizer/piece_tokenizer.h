// Tokenizers of a tokenizer.json whose pieces are characters: BPE with byte fallback and Unigram,
// as they come from a SentencePiece model.
#pragma once

#include <memory>
#include <string>

#include "engine/tokenizer.h"
#include "engine/tokenizer/config.h"

namespace flm {

/// `file`: the object of the tokenizer.json at `path`. UserError names the file and the component
/// that is not known, or what is broken.
std::unique_ptr<Tokenizer> make_piece_tokenizer(const Json& file, const std::string& path,
                                                const TokenizerConfig& config, AddBos add_bos);

}  // namespace flm
