// Counts, rates and times as short as a line of progress needs them.
#pragma once

#include <cstdint>
#include <string>

namespace flm {

/// "3.4 of 6.5 M", "53 of 1,319": both in the unit of the total.
std::string count_of_total(std::int64_t done, std::int64_t total);

/// "6.5 M", "1,319".
std::string short_count(std::int64_t count);

/// "131 k/s", "3.2/s".
std::string short_rate(double per_second);

/// "0:24", "2:05:10".
std::string short_time(double seconds);

}  // namespace flm
