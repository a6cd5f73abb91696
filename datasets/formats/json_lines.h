// Rows of JSON as the `datasets` library has Arrow read them: objects one after the other.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/documents/json.h"

namespace flm {

struct JsonLines {
  std::vector<Json> rows;
  bool one_a_line = true;  // and no line is empty
};

/// Usually one object a line, which are parsed side by side; but an object may go on over lines,
/// and several may stand on one. `lines_before`: of the file before `bytes`, for messages.
JsonLines json_line_rows(std::string_view bytes, const std::string& origin, int lines_before);

/// What of `bytes` the library reads at once: ten MiB and the line that these end in.
std::string_view first_json_batch(std::string_view bytes);

}  // namespace flm
