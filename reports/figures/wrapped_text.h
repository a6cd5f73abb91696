// Prose in the columns of a terminal.
#pragma once

#include <cstddef>
#include <string>

namespace flm {

/// Lines of at most `columns` (0: one line), each with a newline; those after the first begin with
/// `hang` spaces. Breaks at spaces, but not between a flag and its value, and inside what is wider
/// than a line. `text` has no control characters.
std::string wrapped(const std::string& text, int columns, std::size_t hang = 0);

/// A line as it is where it fits (columns 0: always), else wrapped. Ends with a newline.
std::string fitted(const std::string& line, int columns, std::size_t hang = 0);

/// "label   text" with the text in column `width`: what does not fit goes on below the text, and
/// where there is little room beside the label, all of it below the label.
std::string labelled(const std::string& label, std::size_t width, const std::string& text,
                     int columns);

/// At most `columns` wide; what is cut ends in "…".
std::string clipped(const std::string& text, std::size_t columns);

}  // namespace flm
