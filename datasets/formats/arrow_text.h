// Values as texts the way Arrow casts them, which is not always Python's.
#pragma once

#include <optional>
#include <string>

#include "base/documents/json.h"
#include "datasets/formats/column_type.h"

namespace flm {

/// The shortest digits that read back, as a number of 32 bits where it is `single`: "100000",
/// "1e+10", "0.000001", "1e-7", "-0", "nan".
std::string arrow_number_text(double value, bool single);

/// A cell of a column of type `from`; nothing for what it does not hold: lists, objects, and what
/// is not read.
std::optional<std::string> arrow_text(const Json& cell, const ColumnType& from);

}  // namespace flm
