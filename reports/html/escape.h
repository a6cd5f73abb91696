// Text of strangers inside HTML.
#pragma once

#include <string>
#include <string_view>

namespace flm {

/// `text` as character data or as an attribute in double quotes. Invalid UTF-8 shows as U+FFFD;
/// control characters and those that turn the direction of writing show as \x00 and \u202e, because
/// a name must not rearrange what stands beside it.
std::string html_escaped(std::string_view text);

}  // namespace flm
