// Types of the cells of a table, by column, as pandas tells them.
#pragma once

#include <string>
#include <vector>

#include "base/documents/json.h"
#include "datasets/formats/column_type.h"

namespace flm {

/// One column: whole numbers, else fractions, else truth values, else texts; null where the cell is
/// one of pandas' words for nothing. Whole numbers beside nothing are fractions. UserError "ORIGIN:
/// ..." with `name` for a column of whole numbers some of which have no 64 bits.
std::vector<Json> typed_cells(const std::vector<std::string>& cells, const std::string& name,
                              const std::string& origin);

/// Of such a column; one of nothing is of fractions.
ColumnType type_of_cells(const std::vector<Json>& column);

}  // namespace flm
