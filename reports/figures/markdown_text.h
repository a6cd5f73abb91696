// Names and messages in Markdown.
#pragma once

#include <string>
#include <string_view>

namespace flm {

/// The text shows as it is, whatever it holds; it has no line breaks (terminal_safe).
std::string markdown_escaped(std::string_view text);

}  // namespace flm
