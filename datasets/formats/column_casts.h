// Columns of one file as the types of another: what the `datasets` library does to files that have
// types of their own.
#pragma once

#include <string>
#include <vector>

#include "base/documents/json.h"
#include "datasets/formats/column_type.h"

namespace flm {

/// `rows` have the columns `have` and get those of `wanted` in their order, null where they have
/// none, and so do the objects of a column: cells are cast as Arrow casts them (whole numbers,
/// fractions, truth values, texts, dates and times into each other; a time becomes the count that
/// Arrow keeps of it, where the whole number has its bits). Columns that are not read, or that only
/// the rows have, stay as they are. Returned are the names of those that the library would fail to
/// cast: what becomes of their cells is left to the caller.
std::vector<std::string> cast_to_types(const std::vector<ColumnType>& wanted,
                                       const std::vector<ColumnType>& have,
                                       std::vector<Json>& rows);

}  // namespace flm
