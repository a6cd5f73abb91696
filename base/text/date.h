// A date as flags and records write it.
#pragma once

#include <ctime>
#include <optional>
#include <string>

namespace flm {

/// YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS, without a zone; nothing where it is neither.
std::optional<std::tm> read_date(const std::string& text);

}  // namespace flm
