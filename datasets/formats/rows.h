// The rows that a reader gives.
#pragma once

#include <vector>

#include "base/documents/json.h"
#include "base/errors.h"

namespace flm {

/// A column is of a kind that a reader does not know; the message names column and kind. The
/// others of the file are read.
class UnreadColumn : public UserError {
 public:
  using UserError::UserError;
};

/// Rows, and the line where each begins (0: not known).
struct SourceRows {
  std::vector<int> lines;
  std::vector<Json> rows;
  void add(int line, Json row);
};

}  // namespace flm
