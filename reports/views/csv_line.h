// Lines of CSV files (RFC 4180).
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace flm {

/// Fields are quoted where they must be, quotes doubled; the line ends in CRLF.
std::string csv_line(const std::vector<std::string>& fields);

/// All digits that tell the value from its neighbours; "" for none.
std::string csv_number(std::optional<double> value);

}  // namespace flm
