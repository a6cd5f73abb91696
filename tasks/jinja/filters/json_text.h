// json.dumps with separators of one's own, as chat templates ask for them.
#pragma once

#include <string>

#include "base/documents/json.h"

namespace flm {

struct JsonLayout {
  int indent = -1;  // < 0: one line
  std::string between = ", ", colon = ": ";
  bool ascii = false;
};

std::string json_text(const Json& value, const JsonLayout& layout);

}  // namespace flm
