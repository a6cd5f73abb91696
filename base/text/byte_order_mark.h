// The mark EF BB BF that some programs put before a text.
#pragma once

#include <string_view>

namespace flm {

inline std::string_view without_byte_order_mark(std::string_view text) {
  return text.substr(0, 3) == "\xEF\xBB\xBF" ? text.substr(3) : text;
}

}  // namespace flm
