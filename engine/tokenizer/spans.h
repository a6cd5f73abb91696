// Byte spans that tile a text.
#pragma once

#include <cstddef>
#include <string_view>

#include "engine/tokenizer.h"

namespace flm {

/// Start of the character that byte `at` is in; a character's first byte and the end stay.
std::size_t character_start(std::string_view text, std::size_t at);

/// Makes the spans of ids [first, ids.size()) tile text[begin, end): bytes that belong to no piece
/// (removed whitespace) go to the piece after them, at the end to the piece before; where there is
/// no piece at all they are listed as dropped. Empty spans are moved to where they stand in the
/// order.
void tile_spans(Encoding& encoding, std::size_t first, std::size_t begin, std::size_t end);

}  // namespace flm
