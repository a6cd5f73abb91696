// Types of the columns of JSON rows, as the `datasets` library infers them.
#pragma once

#include <vector>

#include "base/documents/json.h"
#include "datasets/formats/cells.h"

namespace flm {

/// Rows of JSON lines: whole numbers beside fractions become fractions, texts that are all ISO
/// times become times, objects of a column have their keys in one order. A column of mixed types,
/// or of objects with different keys, is kept as JSON: pandas writes and reads it, a text in it
/// that is JSON is its value, and the other columns lose what pandas does not write. So is a column
/// that is mixed in `first`, the split that decides the types. UserError for one that is of texts
/// in `first` and mixed here.
void type_json_lines(std::vector<Json>& rows, const std::vector<Json>& first);

/// Rows of a `field`, which pandas has typed: whole numbers beside fractions become fractions
/// inside lists and objects too, and objects of a column have all keys.
void type_field_rows(std::vector<Json>& rows);

/// Whether these are of several types, or objects with different keys; not what lies inside.
bool is_mixed(const Cells<const Json>& cells);

}  // namespace flm
