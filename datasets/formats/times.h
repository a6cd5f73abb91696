// Dates and times of data files as Python prints them: what a prompt shows of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace flm {

// Nothing for what Python's datetime does not hold: years before 1 or behind 9999.

/// Days since 1970-01-01: "2020-01-02".
std::optional<std::string> printed_date(std::int64_t days);

/// Counts since 1970, `per_second` of them a second (1, 1000, 10^6 or 10^9): "2020-01-02 03:04:05",
/// with ".000006" or ".000000007" where there are fractions; `utc` adds "+00:00".
std::optional<std::string> printed_timestamp(std::int64_t count, std::int64_t per_second, bool utc);

/// Counts since midnight: "03:04:05"; nothing outside of a day or for fractions of a microsecond.
std::optional<std::string> printed_clock(std::int64_t count, std::int64_t per_second);

/// The other way round: the days of a printed date, the count of a printed clock or timestamp.
/// Nothing for a text that is none, and for a count that has no room.
std::optional<std::int64_t> counted_days(std::string_view printed);
std::optional<std::int64_t> counted_time(std::string_view printed, std::int64_t per_second);

/// An ISO 8601 text that Arrow's JSON reader takes for a time ("2020-01-02", "2020-01-02T10",
/// "2020-01-02 10:00:00+08:00"): the time in UTC. Nothing for other texts, fractions included.
std::optional<std::string> printed_iso_time(const std::string& text);

}  // namespace flm
