#include "datasets/formats/arrow_text.h"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

namespace flm {
namespace {

using Kind = ColumnType::Kind;

// Powers of ten that are written out.
constexpr int kLeastPlain = -6, kMostPlain = 9;

/// "d.ddde-07" taken apart.
struct Scientific {
  bool negative = false;
  std::string digits;
  int power = 0;
};

Scientific scientific(double value, bool single) {
  char text[64];
  const auto format = std::chars_format::scientific;
  const auto end = single
                       ? std::to_chars(text, text + sizeof text, static_cast<float>(value), format)
                       : std::to_chars(text, text + sizeof text, value, format);
  Scientific out;
  const char* at = text;
  out.negative = *at == '-';
  for (at += out.negative; *at != 'e'; ++at)
    if (*at != '.') out.digits += *at;
  at += at[1] == '+' ? 2 : 1;
  std::from_chars(at, end.ptr, out.power);
  return out;
}

std::string plain(const Scientific& number) {
  const auto size = static_cast<int>(number.digits.size());
  if (number.power < 0)
    return "0." + std::string(static_cast<std::size_t>(-number.power - 1), '0') + number.digits;
  const int whole = number.power + 1;
  if (size <= whole)
    return number.digits + std::string(static_cast<std::size_t>(whole - size), '0');
  return number.digits.substr(0, static_cast<std::size_t>(whole)) + "." +
         number.digits.substr(static_cast<std::size_t>(whole));
}

std::string with_power(const Scientific& number) {
  std::string out = number.digits.substr(0, 1);
  if (number.digits.size() > 1) out += "." + number.digits.substr(1);
  return out + (number.power < 0 ? "e" : "e+") + std::to_string(number.power);
}

/// "2020-01-02 03:04:05[.6]": as many digits behind the point as the type has.
std::string with_fraction(std::string text, std::int64_t per_second) {
  const std::size_t digits = per_second == 1 ? 0 : std::to_string(per_second).size() - 1;
  std::size_t point = text.find('.');
  if (point == std::string::npos) point = text.size();
  if (digits == 0) return text.substr(0, point);
  if (point == text.size()) text += '.';
  text.resize(point + 1 + digits, '0');
  return text;
}

std::string time_text(std::string text, const ColumnType& from) {
  const bool zone = from.utc && text.ends_with("+00:00");
  if (zone) text.resize(text.size() - 6);
  return with_fraction(std::move(text), from.per_second) + (zone ? "Z" : "");
}

}  // namespace

std::string arrow_number_text(double value, bool single) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  const Scientific number = scientific(value, single);
  const bool written_out = number.power >= kLeastPlain && number.power <= kMostPlain;
  return (number.negative ? "-" : "") + (written_out ? plain(number) : with_power(number));
}

std::optional<std::string> arrow_text(const Json& cell, const ColumnType& from) {
  if (cell.is_boolean()) return cell.get<bool>() ? "true" : "false";
  if (cell.is_number_integer()) return cell.dump();
  if (cell.is_number()) return arrow_number_text(cell.get<double>(), from.single);
  if (!cell.is_string()) return std::nullopt;
  const bool time = from.kind == Kind::kClock || from.kind == Kind::kTimestamp;
  return time ? time_text(cell.get<std::string>(), from) : cell.get<std::string>();
}

}  // namespace flm
