// Types of columns across the splits of one set: the `datasets` library infers them from the split
// that data_files names first and casts the other splits to them.
#pragma once

#include <vector>

#include "base/documents/json.h"

namespace flm {

/// Whether a value, or one inside it, is a number or a truth value: only those are cast.
bool has_numbers(const std::vector<Json>& rows);

/// Whole numbers and truth values of `rows` become fractions where the column (or what lies inside
/// it) is of fractions in `first`; fractions that are all whole become whole numbers where it is of
/// those; numbers and truth values become texts as Arrow prints them where it is of texts. What the
/// library would fail to cast stays as it is.
void cast_to_first_split(const std::vector<Json>& first, std::vector<Json>& rows);

}  // namespace flm
