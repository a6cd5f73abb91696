#include "base/clock.h"

#include <ctime>

namespace flm {
namespace {

/// Of now, broken down by `parts_of`.
std::string timestamp(std::tm* (*parts_of)(const std::time_t*, std::tm*), const char* format) {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  parts_of(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, format, &parts);
  return text;
}

}  // namespace

std::string utc_timestamp() { return timestamp(gmtime_r, "%Y-%m-%dT%H:%M:%SZ"); }
std::string local_timestamp() { return timestamp(localtime_r, "%Y-%m-%dT%H:%M:%S"); }

}  // namespace flm
