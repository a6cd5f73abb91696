// The normalization table inside a SentencePiece model, which the library follows without bounds.
#pragma once

#include <string_view>

namespace flm {

/// True where the library can follow the map (precompiled_charsmap: the length of a double-array
/// trie in bytes, the trie in 4-byte units, NUL-terminated replacements) for any text: each path
/// stays inside the trie and ends, and each value lies inside the replacements.
bool character_map_is_sound(std::string_view map);

}  // namespace flm
