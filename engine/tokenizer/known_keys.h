// Which keys of tokenizer_config.json and generation_config.json are known, and what those that are
// not followed would change.
#pragma once

#include <string>
#include <vector>

#include "base/documents/json.h"

namespace flm {

/// transformers 5's: clean_up_tokenization_spaces holds for BPE too.
inline constexpr const char* kCleanUpOfBpe =
    "clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output";

/// UserError for a key that is neither read nor known to change no ids, by name, unless its value
/// is null, false or empty; and for one that asks for other ids than this reader gives.
void check_tokenizer_config_keys(const Json& object, const std::string& path);

/// A note for each key that changes what transformers' generate (and so lm-evaluation-harness with
/// hf) answers even without sampling, and is not applied here. UserError for an unknown key.
std::vector<std::string> generation_config_notes(const Json& object, const std::string& path);

}  // namespace flm
