#include "engine/tokenizer/models/byte_level.h"

#include <array>
#include <charconv>

#include "base/text/utf8.h"

namespace flm {
namespace {

constexpr bool stands_for_itself(int byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

constexpr char32_t kLast = 0x143;  // 68 bytes do not stand for themselves: U+0100..U+0143

struct Alphabet {
  std::array<char32_t, 256> characters{};
  std::array<std::int16_t, kLast + 1> bytes{};

  constexpr Alphabet() {
    for (auto& byte : bytes) byte = -1;
    char32_t next = 0x100;
    for (int byte = 0; byte < 256; ++byte) {
      const char32_t c = stands_for_itself(byte) ? static_cast<char32_t>(byte) : next++;
      characters[static_cast<std::size_t>(byte)] = c;
      bytes[c] = static_cast<std::int16_t>(byte);
    }
  }
};

constexpr Alphabet kAlphabet;

/// Length of the longest part at the front that could begin a character, at least 1.
std::size_t invalid_part(std::string_view bytes) {
  const auto first = static_cast<unsigned char>(bytes[0]);
  if (first < 0xC2 || first > 0xF4) return 1;
  const std::size_t whole = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  std::size_t n = 1;
  for (; n < whole && n < bytes.size(); ++n) {
    const auto b = static_cast<unsigned char>(bytes[n]);
    const bool second = n == 1;
    const unsigned low = second && first == 0xE0 ? 0xA0 : second && first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = second && first == 0xED ? 0x9F : second && first == 0xF4 ? 0x8F : 0xBF;
    if (b < low || b > high) break;
  }
  return n;
}

std::size_t valid_length(std::string_view bytes) {
  const auto first = static_cast<unsigned char>(bytes[0]);
  const std::size_t n = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  return utf8_valid(bytes.substr(0, n)) && bytes.size() >= n ? n : 0;
}

}  // namespace

char32_t byte_level_character(std::uint8_t byte) { return kAlphabet.characters[byte]; }

std::optional<std::string> byte_level_bytes(std::string_view token) {
  std::string out;
  for (const char32_t c : utf8_decode(token)) {
    if (c > kLast || kAlphabet.bytes[c] < 0) return std::nullopt;
    out += static_cast<char>(kAlphabet.bytes[c]);
  }
  return out;
}

std::string byte_piece(std::uint8_t byte) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  return {'<', '0', 'x', kHex[byte >> 4], kHex[byte & 15], '>'};
}

std::optional<std::uint8_t> byte_of_piece(std::string_view piece) {
  unsigned value = 0;
  if (piece.size() != 6 || !piece.starts_with("<0x") || piece[5] != '>') return std::nullopt;
  const auto [end, error] = std::from_chars(piece.data() + 3, piece.data() + 5, value, 16);
  if (error != std::errc() || end != piece.data() + 5) return std::nullopt;
  return static_cast<std::uint8_t>(value);
}

std::string utf8_lossy(std::string_view bytes) {
  if (utf8_valid(bytes)) return std::string(bytes);
  std::string out;
  for (std::size_t i = 0; i < bytes.size();) {
    const std::string_view rest = bytes.substr(i);
    const std::size_t n = valid_length(rest);
    if (n > 0)
      out += rest.substr(0, n);
    else
      out += "\xEF\xBF\xBD";
    i += n > 0 ? n : invalid_part(rest);
  }
  return out;
}

}  // namespace flm
