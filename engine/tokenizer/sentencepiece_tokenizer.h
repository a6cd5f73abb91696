// SentencePiece models, split on added tokens as Tele-FLM's and Llama's tokenizer classes do.
#pragma once

#include <memory>

#include "engine/tokenizer.h"
#include "engine/tokenizer/config.h"

namespace flm {

/// Reads the bytes of the SentencePiece model at `path`; UserError where they are no whole model,
/// or where the configuration asks for what this reader does not do (another tokenizer class, EOS
/// after the text).
std::unique_ptr<Tokenizer> parse_sentencepiece(std::string model, const std::string& path,
                                               const TokenizerConfig& config, AddBos add_bos);

}  // namespace flm
