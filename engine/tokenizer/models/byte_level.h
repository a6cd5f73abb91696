// Bytes in vocabularies: the alphabet of byte-level BPE, where each byte is written as one printable
// character, and the pieces of those that have tokens for bytes beside characters.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace flm {

/// The character that stands for a byte: itself where it is printable Latin-1 and no space, else
/// the next free one from U+0100 on.
char32_t byte_level_character(std::uint8_t byte);

/// The bytes that a vocabulary entry stands for, or nothing where a character is outside the
/// alphabet.
std::optional<std::string> byte_level_bytes(std::string_view token);

/// How a vocabulary of characters writes a byte, and back: "<0x0A>", with either case of letters.
std::string byte_piece(std::uint8_t byte);
std::optional<std::uint8_t> byte_of_piece(std::string_view piece);

/// Bytes as text: each maximal part of an invalid sequence becomes one U+FFFD.
std::string utf8_lossy(std::string_view bytes);

}  // namespace flm
