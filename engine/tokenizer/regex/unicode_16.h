// What Unicode 16.0 says of the characters that 14.0 did not know yet (and of one that it put into
// another category). The libraries here have the one or the other version, or one in between.
#pragma once

#include <cstdint>
#include <span>

namespace flm {

struct NewCharacters {
  static constexpr std::uint8_t kAlphabetic = 1, kUppercase = 2, kLowercase = 4, kEmoji = 8;

  char32_t first = 0, last = 0;
  const char* category = "";  // short name of the general category
  const char* script = "";    // ISO 15924
  std::uint8_t properties = 0;
};

/// In the order of their code points. All others have kept category, script and these properties.
std::span<const NewCharacters> characters_since_unicode_14();

}  // namespace flm
