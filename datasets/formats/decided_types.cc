#include "datasets/formats/decided_types.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/documents/unread_value.h"
#include "base/text/printable.h"
#include "datasets/formats/cells.h"
#include "datasets/formats/column_casts.h"

namespace flm {
namespace {

const ColumnType& named(const std::vector<ColumnType>& columns, const std::string& name) {
  return *std::find_if(columns.begin(), columns.end(),
                       [&](const ColumnType& column) { return column.name == name; });
}

/// What the library does with a column that is not cast here.
std::string fate_of(const ColumnType& from, const ColumnType& to) {
  using Kind = ColumnType::Kind;
  const bool written =
      to.kind == Kind::kText && (from.kind == Kind::kStruct || from.kind == Kind::kJson);
  return (written ? "would write as texts of JSON for " : "refuses to cast to ") +
         printable(type_name(to));
}

}  // namespace

void DecidedTypes::take(const std::vector<ColumnType>& have, std::vector<Json>& rows,
                        const std::string& origin) {
  if (!columns_) {
    if (rows.empty()) return;
    columns_ = have;
    origin_ = origin;
    return;
  }
  if (have == *columns_) return;
  for (const std::string& name : cast_to_types(*columns_, have, rows)) {
    const ColumnType &from = named(have, name), &to = named(*columns_, name);
    refused_.emplace(name, origin + ": the column " + printable(name) + " is " +
                               printable(type_name(from)) + " here, which the datasets library " +
                               fate_of(from, to) + ", its type in " + origin_ +
                               "; write the same type in both");
  }
}

void DecidedTypes::refuse_columns(std::vector<Json>& rows) const {
  for (const auto& [name, why] : refused_)
    for (Json& row : rows) row[name] = unread_value(why);
}

}  // namespace flm
