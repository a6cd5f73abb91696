#include "harness/terminal/short_numbers.h"

#include <cmath>
#include <cstdio>

namespace flm {
namespace {

struct Unit {
  double size = 1;
  const char* name = "";  // " k"
};

Unit unit_of(double value) {
  if (value >= 1e12) return {1e12, " T"};
  if (value >= 1e9) return {1e9, " G"};
  if (value >= 1e6) return {1e6, " M"};
  if (value >= 1e4) return {1e3, " k"};
  return {};
}

std::string with_decimals(double value, int decimals) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

/// Below 10,000 in full.
std::string scaled(std::int64_t count, const Unit& unit) {
  if (unit.size > 1) return with_decimals(static_cast<double>(count) / unit.size, 1);
  std::string digits = std::to_string(count);
  if (digits.size() > 3) digits.insert(digits.size() - 3, ",");
  return digits;
}

}  // namespace

std::string count_of_total(std::int64_t done, std::int64_t total) {
  const Unit unit = unit_of(static_cast<double>(total));
  return scaled(done, unit) + " of " + scaled(total, unit) + unit.name;
}

std::string short_count(std::int64_t count) {
  const Unit unit = unit_of(static_cast<double>(count));
  return scaled(count, unit) + unit.name;
}

std::string short_rate(double per_second) {
  Unit unit = unit_of(per_second);
  if (unit.size == 1 && per_second >= 1e3) unit = {1e3, " k"};
  const double value = per_second / unit.size;
  return with_decimals(value, value < 9.95 ? 1 : 0) + unit.name + "/s";
}

std::string short_time(double seconds) {
  const auto all = static_cast<long long>(std::llround(std::fmax(seconds, 0)));
  char text[64];
  if (all >= 3600)
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", all / 3600, all / 60 % 60, all % 60);
  else
    std::snprintf(text, sizeof text, "%lld:%02lld", all / 60, all % 60);
  return text;
}

}  // namespace flm
