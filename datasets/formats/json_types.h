// Types of the columns of JSON rows, as the `datasets` library infers them.
#pragma once

#include <vector>

#include "base/documents/json.h"
#include "datasets/formats/column_type.h"

namespace flm {

/// Rows of JSON lines that the library reads at once: whole numbers beside fractions, and those of
/// a column with one beyond int64, become fractions; texts that are all ISO times become times;
/// objects of a column have their keys in one order. A column of mixed types, or of objects with
/// different keys, is kept as JSON: pandas writes and reads it, a text in it that is JSON is its
/// value, and the other columns lose what pandas does not write. `decided` are the types of the
/// first such rows of the set (null: these are the first): what they keep as JSON is kept so here,
/// and objects have the keys that they have. `minds_keys`: false where the rows do not stand one a
/// line, for then the library does not see that objects have different keys: each has all of them.
/// Returned are the types of the columns in their order.
std::vector<ColumnType> type_json_lines(std::vector<Json>& rows,
                                        const std::vector<ColumnType>* decided, bool minds_keys);

/// Rows of a `field`, which pandas has typed: whole numbers beside fractions become fractions
/// inside lists and objects too, and objects of a column have all keys.
std::vector<ColumnType> type_field_rows(std::vector<Json>& rows);

}  // namespace flm
