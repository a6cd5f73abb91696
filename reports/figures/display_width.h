// Columns that a text takes in a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace flm {

/// Wide and full-width characters, emoji and flags take two columns, combining marks, vowels and
/// final consonants of Hangul in pieces, and joined emoji none; the locale plays no part. `text` is
/// UTF-8 without control characters.
std::size_t display_width(std::string_view text);

/// U+202E and its like (Unicode's Bidi_Control): they turn the direction of what follows, so that a
/// line reads as another one.
bool turns_direction(char32_t c);

/// "\x1b", "\u202e": a character as it is named where it must not be obeyed.
std::string spelled_out(char32_t c);

/// Control characters and those that turn the direction spelled out, invalid UTF-8 as U+FFFD: names
/// come from files, and a terminal obeys both.
std::string terminal_safe(std::string_view text);

}  // namespace flm
