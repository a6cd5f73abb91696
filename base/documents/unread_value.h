// Values of a data file that this program does not read, among those that it reads.
#pragma once

#include <optional>
#include <string>

#include "base/documents/json.h"

namespace flm {

/// Stands in a row where such a value was: whoever asks for it is told `why`.
Json unread_value(const std::string& why);

/// The reason; null for any other value.
std::optional<std::string> why_unread(const Json& value);

/// A row without such values (null in a list): what is logged of a document.
Json without_unread_values(const Json& row);

}  // namespace flm
