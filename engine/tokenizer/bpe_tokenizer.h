// Byte-level BPE from a tokenizer.json.
#pragma once

#include <memory>

#include "engine/tokenizer.h"
#include "engine/tokenizer/config.h"

namespace flm {

/// UserError names the component of tokenizer.json that is not known, or what is broken in it.
std::unique_ptr<Tokenizer> open_byte_level_bpe(const std::string& json_path,
                                               const TokenizerConfig& config, AddBos add_bos);

}  // namespace flm
