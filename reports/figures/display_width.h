// Columns that a text takes in a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace flm {

/// Wide and full-width characters and emoji take two columns, combining marks and joined emoji
/// none; the locale plays no part. `text` is UTF-8 without control characters.
std::size_t display_width(std::string_view text);

/// Control characters as \xNN, invalid UTF-8 as U+FFFD: names come from files, and a terminal
/// obeys escape sequences.
std::string terminal_safe(std::string_view text);

}  // namespace flm
