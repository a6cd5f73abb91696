// The small components of a tokenizer.json: normalizer, post_processor, decoder, added_tokens.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "engine/tokenizer/added_tokens.h"

namespace flm {

/// True where text is to be normalized to NFC, false where not; UserError for another normalizer.
bool parse_normalizer(const Json& file, const std::string& origin);

/// The ids that the post_processor puts before a text (TemplateProcessing), often none or BOS.
/// UserError for tokens after the text and for processors that are not known.
std::vector<std::int32_t> parse_prefix_ids(const Json& file, const std::string& origin);

/// UserError unless the decoder is ByteLevel.
void check_decoder(const Json& file, const std::string& origin);

std::vector<AddedToken> parse_added_tokens(const Json& file, const std::string& origin);

}  // namespace flm
