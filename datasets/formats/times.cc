#include "datasets/formats/times.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string_view>

namespace flm {
namespace {

constexpr std::int64_t kDay = 86400;
constexpr std::size_t kDate = 10;                // "2020-01-02"
constexpr std::int64_t kMostDays = 100'000'000;  // far outside of what is printed

std::int64_t floor_divided(std::int64_t a, std::int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

std::string clock_text(std::int64_t seconds) {
  char text[16];
  std::snprintf(text, sizeof text, "%02d:%02d:%02d", static_cast<int>(seconds / 3600),
                static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60));
  return text;
}

/// ".000006", or with nine digits where six do not hold it; "" for none.
std::string fraction_text(std::int64_t nanoseconds) {
  if (nanoseconds == 0) return "";
  char text[16];
  if (nanoseconds % 1000 == 0)
    std::snprintf(text, sizeof text, ".%06d", static_cast<int>(nanoseconds / 1000));
  else
    std::snprintf(text, sizeof text, ".%09d", static_cast<int>(nanoseconds));
  return text;
}

/// `digits` digits at text[at]; -1 where there are none.
int number_at(std::string_view text, std::size_t at, std::size_t digits) {
  int value = 0;
  for (std::size_t i = at; i < at + digits; ++i) {
    if (i >= text.size() || text[i] < '0' || text[i] > '9') return -1;
    value = 10 * value + (text[i] - '0');
  }
  return value;
}

/// Takes "Z", "+08", "+0800" or "+08:00" off the end; the seconds that it is ahead of UTC. Nothing
/// where something else begins like a zone.
std::optional<std::int64_t> take_zone(std::string_view& text) {
  constexpr std::size_t kBegin = 13;  // behind the hour at the earliest
  if (text.size() > kBegin && text.back() == 'Z') {
    text.remove_suffix(1);
    return 0;
  }
  const std::size_t sign = text.find_first_of("+-", std::min(kBegin, text.size()));
  if (sign == std::string_view::npos) return 0;
  const std::string_view zone = text.substr(sign + 1);
  const bool colon = zone.size() == 5 && zone[2] == ':';
  if (zone.size() != 2 && zone.size() != 4 && !colon) return std::nullopt;
  const int hours = number_at(zone, 0, 2);
  const int minutes = zone.size() == 2 ? 0 : number_at(zone, colon ? 3 : 2, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  const std::int64_t ahead = 3600 * hours + 60 * minutes, of = text[sign] == '-' ? -1 : 1;
  text = text.substr(0, sign);
  return of * ahead;
}

/// "2020-01-02" as days since 1970.
std::optional<std::int64_t> days_of(std::string_view text) {
  const int year = number_at(text, 0, 4), month = number_at(text, 5, 2),
            day = number_at(text, 8, 2);
  if (year < 0 || month < 0 || day < 0 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

/// "T10", " 10:00", "T10:00:00" as seconds of the day.
std::optional<std::int64_t> seconds_of(std::string_view text) {
  if (text.empty()) return 0;
  if ((text[0] != 'T' && text[0] != ' ') ||
      (text.size() != 3 && text.size() != 6 && text.size() != 9))
    return std::nullopt;
  std::int64_t out = 0;
  static constexpr int kMost[] = {23, 59, 59};
  for (std::size_t part = 0; 3 * part < text.size(); ++part) {
    const int value = number_at(text, 3 * part + 1, 2);
    if (value < 0 || value > kMost[part] || (part > 0 && text[3 * part] != ':'))
      return std::nullopt;
    out += value * (part == 0 ? 3600 : part == 1 ? 60 : 1);
  }
  return out;
}

/// ".000006" or ".000000007"; "" is 0.
std::optional<std::int64_t> nanoseconds_of(std::string_view text) {
  if (text.empty()) return 0;
  const bool known = text[0] == '.' && (text.size() == 7 || text.size() == 10);
  const int number = known ? number_at(text, 1, text.size() - 1) : -1;
  if (number < 0) return std::nullopt;
  return text.size() == 7 ? std::int64_t{1000} * number : number;
}

}  // namespace

std::optional<std::string> printed_date(std::int64_t days) {
  if (days < -kMostDays || days > kMostDays) return std::nullopt;
  const std::chrono::year_month_day date{
      std::chrono::sys_days(std::chrono::days(static_cast<int>(days)))};
  const int year = static_cast<int>(date.year());
  if (year < 1 || year > 9999) return std::nullopt;
  char text[16];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", year, static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()));
  return text;
}

std::optional<std::string> printed_timestamp(std::int64_t count, std::int64_t per_second,
                                             bool utc) {
  const std::int64_t seconds = floor_divided(count, per_second);
  const std::int64_t days = floor_divided(seconds, kDay);
  const auto date = printed_date(days);
  if (!date) return std::nullopt;
  const std::int64_t fraction = (count - seconds * per_second) * (1'000'000'000 / per_second);
  return *date + " " + clock_text(seconds - days * kDay) + fraction_text(fraction) +
         (utc ? "+00:00" : "");
}

std::optional<std::string> printed_clock(std::int64_t count, std::int64_t per_second) {
  const std::int64_t fraction = count % per_second * (1'000'000'000 / per_second);
  if (count < 0 || count / per_second >= kDay || fraction % 1000 != 0) return std::nullopt;
  return clock_text(count / per_second) + fraction_text(fraction);
}

std::optional<std::int64_t> counted_days(std::string_view printed) {
  return printed.size() == kDate ? days_of(printed) : std::nullopt;
}

std::optional<std::int64_t> counted_time(std::string_view printed, std::int64_t per_second) {
  constexpr std::string_view kUtc = "+00:00";
  constexpr std::size_t kClock = 8;
  if (printed.ends_with(kUtc)) printed.remove_suffix(kUtc.size());
  std::int64_t days = 0;
  if (printed.size() > kDate && printed[kDate] == ' ') {
    const auto found = days_of(printed);
    if (!found) return std::nullopt;
    days = *found;
    printed.remove_prefix(kDate + 1);
  }
  const auto seconds = seconds_of(" " + std::string(printed.substr(0, kClock)));
  const auto fraction = nanoseconds_of(printed.substr(std::min(kClock, printed.size())));
  if (printed.size() < kClock || !seconds || !fraction) return std::nullopt;
  std::int64_t count = 0;
  if (__builtin_mul_overflow(days * kDay + *seconds, per_second, &count) ||
      __builtin_add_overflow(count, *fraction / (1'000'000'000 / per_second), &count))
    return std::nullopt;
  return count;
}

std::optional<std::string> printed_iso_time(const std::string& text) {
  std::string_view left = text;
  if (left.size() < 10) return std::nullopt;
  const auto ahead = take_zone(left);
  const auto days = days_of(left.substr(0, 10));
  const auto seconds = seconds_of(left.substr(10));
  if (!ahead || !days || !seconds) return std::nullopt;
  return printed_timestamp(*days * kDay + *seconds - *ahead, 1, false);
}

}  // namespace flm
