// Byte-level BPE from a tokenizer.json.
#pragma once

#include <memory>

#include "engine/tokenizer/config.h"
#include "engine/tokenizer/configured_tokenizer.h"

namespace flm {

/// `file`: the object of the tokenizer.json at `path`, `file_hash` the SHA-256 of its bytes.
/// UserError names the file and the component that is not known, or what is broken.
std::unique_ptr<ConfiguredTokenizer> make_byte_level_bpe(const Json& file,
                                                         const std::string& file_hash,
                                                         const std::string& path,
                                                         const TokenizerConfig& config,
                                                         AddBos add_bos);

}  // namespace flm
