// What every error of a parser has in common.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "base/text/utf8.h"

namespace flm::fuzz {

/// Messages stand in records and in lines of JSON: they are UTF-8, whatever bytes they quote.
inline void require_text(std::string_view message) {
  if (utf8_valid(message)) return;
  std::fprintf(stderr, "a message that is not UTF-8: %.*s\n", static_cast<int>(message.size()),
               message.data());
  std::abort();
}

}  // namespace flm::fuzz
