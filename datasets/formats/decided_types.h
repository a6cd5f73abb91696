// The types of columns across the files of a set. The `datasets` library infers them from the first
// table (a file, or the first part of a large one) of the split that comes first, and casts every
// other table to them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/documents/json.h"
#include "datasets/formats/column_type.h"

namespace flm {

class DecidedTypes {
 public:
  DecidedTypes() = default;
  /// `origin`: the file that says so, for messages.
  DecidedTypes(std::vector<ColumnType> columns, std::string origin)
      : columns_(std::move(columns)), origin_(std::move(origin)) {}

  /// Null: nothing is decided yet.
  const std::vector<ColumnType>* columns() const { return columns_ ? &*columns_ : nullptr; }

  /// A table whose columns are of `have`: the first one decides, every other is cast. A column that
  /// the library would refuse to cast is remembered.
  void take(const std::vector<ColumnType>& have, std::vector<Json>& rows,
            const std::string& origin);

  /// The columns that `take` remembered become unread values in all rows of the split, which name
  /// both types and the remedy: the library loads none of them.
  void refuse_columns(std::vector<Json>& rows) const;

 private:
  std::optional<std::vector<ColumnType>> columns_;
  std::string origin_;
  std::map<std::string, std::string> refused_;  // why, by the column's name
};

}  // namespace flm
