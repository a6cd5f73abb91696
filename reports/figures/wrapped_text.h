// Prose in the columns of a terminal.
#pragma once

#include <cstddef>
#include <string>

namespace flm {

/// Lines of at most `columns` (0: one line), each with a newline; those after the first begin with
/// `hang` spaces. Breaks at spaces, but not between a flag and its value, and inside what is wider
/// than a line. `text` has no control characters.
std::string wrapped(const std::string& text, int columns, std::size_t hang = 0);

/// At most `columns` wide; what is cut ends in "…".
std::string clipped(const std::string& text, std::size_t columns);

}  // namespace flm
