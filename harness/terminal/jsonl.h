// JSONL from a file or stdin, line by line, and lines out on stdout.
#pragma once

#include <functional>
#include <string>

#include "base/documents/json.h"

namespace flm {

/// Calls `each(line_number, text)` for every non-empty line of PATH ("-" = stdin).
void for_each_line(const std::string& path,
                   const std::function<void(int, const std::string&)>& each);

/// Writes one line to stdout; a closed pipe is a UserError.
void print_line(const std::string& line);

}  // namespace flm
