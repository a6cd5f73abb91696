// The rows that a reader gives.
#pragma once

#include <vector>

#include "base/json.h"

namespace flm {

/// Rows, and the line where each begins (0: not known).
struct SourceRows {
  std::vector<int> lines;
  std::vector<Json> rows;
  void add(int line, Json row);
};

}  // namespace flm
