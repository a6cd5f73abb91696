#include "base/system/clock.h"

#include <cstdio>
#include <ctime>

namespace flm {
namespace {

/// Of a time, broken down by `parts_of`.
std::string timestamp(std::time_t time, std::tm* (*parts_of)(const std::time_t*, std::tm*),
                      const char* format) {
  std::tm parts{};
  parts_of(&time, &parts);
  char text[32];
  std::strftime(text, sizeof text, format, &parts);
  return text;
}

}  // namespace

std::string utc_timestamp() {
  return timestamp(std::time(nullptr), gmtime_r, "%Y-%m-%dT%H:%M:%SZ");
}
std::string local_timestamp_with_microseconds() {
  using namespace std::chrono;
  const auto micro = duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
  char digits[16];
  std::snprintf(digits, sizeof digits, ".%06d", static_cast<int>(micro % 1'000'000));
  return timestamp(static_cast<std::time_t>(micro / 1'000'000), localtime_r, "%Y-%m-%dT%H:%M:%S") +
         digits;
}
std::string local_timestamp() {
  return timestamp(std::time(nullptr), localtime_r, "%Y-%m-%dT%H:%M:%S");
}

}  // namespace flm
