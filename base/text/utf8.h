// UTF-8 in and out of code points.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace flm {

/// Decodes; throws UserError on invalid UTF-8 (overlong forms, surrogates, truncation).
std::u32string utf8_decode(std::string_view text);
std::string utf8_encode(std::u32string_view code_points);
void utf8_append(std::string& out, char32_t code_point);

bool utf8_valid(std::string_view text);

/// Number of code points (bytes that are not continuation bytes).
std::size_t utf8_length(std::string_view text);

/// White space as Python's str.strip and re's \s see it: includes U+001C..U+001F, U+0085, U+00A0
/// and U+3000.
bool utf8_is_space(char32_t code_point);
/// Without the white space at its end: Python's str.rstrip(). UserError on invalid UTF-8.
std::string utf8_rstrip(std::string_view text);

/// Longest prefix of `text` that holds no cut-off character at its end.
std::size_t utf8_complete_prefix(std::string_view text);

}  // namespace flm
