// The character map of a SentencePiece model as tokenizer.json carries it ("Precompiled").
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/normalizers/normalized.h"

namespace flm {

/// The tokenizers library's reading of the map, which is not SentencePiece's: what a user sees as
/// one character is replaced as a whole where it is shorter than six bytes and begins with an entry
/// (the shortest one), else code point by code point.
class PrecompiledMap {
 public:
  /// `bytes`: the length of a double-array trie, the trie, NUL-terminated replacements. UserError
  /// where they are broken.
  PrecompiledMap(std::string_view bytes, const std::string& origin);

  Normalized apply(const Normalized& text) const;

 private:
  std::optional<std::string_view> replacement(std::string_view chunk) const;
  void replace_cluster(std::string_view text, std::size_t begin, std::size_t end,
                       Rewriter& out) const;

  std::vector<std::uint32_t> trie_;
  std::string replacements_;
};

}  // namespace flm
