// Types of columns across the splits of one set: the `datasets` library infers them from the split
// that data_files names first and casts the other splits to them.
#pragma once

#include <vector>

#include "base/documents/json.h"

namespace flm {

/// What a column has where the first split has nothing in it: pandas makes it one of fractions.
enum class EmptyColumn { kAnything, kFractions };

/// `rows` get the columns of `first` in its order, null where they have none, and so do the objects
/// of a column. Whole numbers and truth values become fractions where the column (or what lies
/// inside it) is of fractions in `first`; fractions that are all whole become whole numbers where
/// it is of those; numbers and truth values become texts as Arrow prints them where it is of texts.
/// What the library would fail to cast stays as it is. Without rows in `first` nothing changes.
void cast_to_first_split(const std::vector<Json>& first, std::vector<Json>& rows,
                         EmptyColumn empty);

}  // namespace flm
