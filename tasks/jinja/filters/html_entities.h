// Character references of HTML.
#pragma once

#include <string>
#include <string_view>

namespace flm {

/// html.unescape of Python: numeric references and the names that need no semicolon (those of
/// Latin-1, amp, lt, gt, quot) and apos; any other name with its semicolon is a PyError, because
/// the other 2,000 are not here.
std::string html_unescape(std::string_view text);

}  // namespace flm
