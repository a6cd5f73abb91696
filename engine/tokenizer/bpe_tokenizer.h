// Byte-level BPE from a tokenizer.json.
#pragma once

#include <memory>

#include "engine/tokenizer.h"
#include "engine/tokenizer/config.h"

namespace flm {

/// `file`: the object of the tokenizer.json at `path`. UserError names the file and the component
/// that is not known, or what is broken.
std::unique_ptr<Tokenizer> make_byte_level_bpe(const Json& file, const std::string& path,
                                               const TokenizerConfig& config, AddBos add_bos);

}  // namespace flm
