// Where transformers 5 gives other ids or texts than a tokenizer.json has, for people.
#pragma once

#include <string>
#include <vector>

#include "engine/tokenizer/config.h"

namespace flm {

/// Of clean_up_tokenization_spaces with a model of BPE.
inline constexpr const char* kCleanUpFollowed =
    "clean_up_tokenization_spaces is followed in what is generated, as by transformers 4 (\" .\" "
    "becomes \".\"); transformers 5 passes it over for BPE: set it to false to do the same";

/// One line for each difference; `file`: the object of the tokenizer.json at `path`.
std::vector<std::string> transformers_notes(const Json& file, const std::string& path,
                                            const TokenizerConfig& config);

/// Whether a file has a ByteLevel in its pre_tokenizer or decoder.
bool has_byte_level(const Json& file, const std::string& path);

}  // namespace flm
