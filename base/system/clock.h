// Seconds that never run backwards, and the date for records.
#pragma once

#include <chrono>
#include <string>

namespace flm {

inline double monotonic_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// UTC, ISO 8601 with seconds: 2026-11-24T20:30:13Z.
std::string utc_timestamp();

/// The clock on the wall here, without its zone: 2026-11-24T21:30:13.
std::string local_timestamp();

/// The same with microseconds: 2026-11-24T21:30:13.123456.
std::string local_timestamp_with_microseconds();

}  // namespace flm
