// JSON as pandas writes and reads it. The `datasets` library sends through it the rows of a file
// that is one list, those of a `field` and those of a split with a column of mixed types. Fractions
// come out changed, for it writes ten decimals and reads whole part and fraction apart.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/documents/json.h"

namespace flm {

/// Every fraction inside as pandas writes it: 8.6247627590296 is 8.624762759, 1e-12 is 0.0, and
/// what is not finite is null.
void write_by_pandas(Json& value);

/// Every fraction inside as pandas reads it: 0.3 is 0.30000000000000004.
void read_by_pandas(Json& value);

/// The value of a text that pandas reads as JSON ("007" is 7); null for any other text.
std::optional<Json> read_text_by_pandas(const std::string& text);

}  // namespace flm
