// SentencePiece models, split on added tokens as Tele-FLM's and Llama's tokenizer classes do.
#pragma once

#include <memory>

#include "engine/tokenizer.h"
#include "engine/tokenizer/config.h"

namespace flm {

/// Opens the SentencePiece model at `model_path`; UserError where it cannot be read, or where the
/// configuration asks for what this reader does not do (another tokenizer class, EOS after the
/// text).
std::unique_ptr<Tokenizer> open_sentencepiece(const std::string& model_path,
                                              const TokenizerConfig& config, AddBos add_bos);

}  // namespace flm
