// Where transformers 5 gives other ids or texts than a tokenizer.json has, for people.
#pragma once

#include <string>
#include <vector>

#include "engine/tokenizer/config.h"

namespace flm {

/// One line for each difference; `file`: the object of the tokenizer.json at `path`.
std::vector<std::string> transformers_notes(const Json& file, const std::string& path,
                                            const TokenizerConfig& config);

/// Whether a file has a ByteLevel in its pre_tokenizer or decoder.
bool has_byte_level(const Json& file, const std::string& path);

}  // namespace flm
