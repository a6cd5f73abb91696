// Columns of a file are cast to other types.
#pragma once

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "datasets/formats/column_casts.h"

namespace flm::fuzz {

/// The same columns, of another kind; what lies inside lists and objects, too.
inline std::vector<ColumnType> with_kind(std::vector<ColumnType> types, ColumnType::Kind kind) {
  for (ColumnType& type : types) {
    if (type.kind == ColumnType::Kind::kList || type.kind == ColumnType::Kind::kStruct)
      type.inside = with_kind(std::move(type.inside), kind);
    else
      type.kind = kind;
  }
  return types;
}

/// `rows` of `types` as themselves, and as each kind that a column can be cast to.
inline void cast_to_each(std::vector<Json> rows, const std::vector<ColumnType>& types) {
  using Kind = ColumnType::Kind;
  cast_to_types(types, types, rows);
  for (const Kind kind :
       {Kind::kText, Kind::kFraction, Kind::kWhole, Kind::kTruth, Kind::kDate, Kind::kTimestamp}) {
    std::vector<Json> cast = rows;
    cast_to_types(with_kind(types, kind), types, cast);
  }
}

}  // namespace flm::fuzz
