#include "datasets/formats/pandas_json.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/errors.h"

namespace flm {
namespace {

constexpr int kDecimalsWritten = 10, kDecimalsRead = 15;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::uint64_t power_of_ten(int exponent) {
  std::uint64_t out = 1;
  while (exponent-- > 0) out *= 10;
  return out;
}

/// A number on its way through the text: pandas wants no digit where JSON wants one.
struct Digits {
  std::string_view rest;
  bool negative = false, fraction = false, too_big = false;
  std::uint64_t whole = 0, decimals = 0;
  int decimal_count = 0, exponent = 0;

  bool take(char c) {
    if (rest.empty() || rest[0] != c) return false;
    rest.remove_prefix(1);
    return true;
  }

  void take_whole() {
    negative = take('-');
    for (; !rest.empty() && is_digit(rest[0]); rest.remove_prefix(1)) {
      const auto digit = static_cast<std::uint64_t>(rest[0] - '0');
      too_big |= whole > (std::numeric_limits<std::uint64_t>::max() - digit) / 10;
      whole = whole * 10 + digit;
    }
    too_big |= negative && whole > (std::uint64_t{1} << 63);
  }

  void take_decimals() {
    if (!take('.')) return;
    fraction = true;
    for (; !rest.empty() && is_digit(rest[0]); rest.remove_prefix(1)) {
      if (decimal_count == kDecimalsRead) continue;
      decimals = decimals * 10 + static_cast<std::uint64_t>(rest[0] - '0');
      ++decimal_count;
    }
  }

  void take_exponent() {
    if (!take('e') && !take('E')) return;
    fraction = true;
    const bool minus = take('-');
    if (!minus) take('+');
    for (; !rest.empty() && is_digit(rest[0]); rest.remove_prefix(1))
      exponent = std::min(exponent * 10 + (rest[0] - '0'), 100'000);
    if (minus) exponent = -exponent;
  }

  double value() const {
    const double step = 1.0 / static_cast<double>(power_of_ten(decimal_count));
    const double size = (static_cast<double>(whole) + static_cast<double>(decimals) * step) *
                        std::pow(10.0, exponent);
    return negative ? -size : size;
  }
};

Digits digits_of(std::string_view text) {
  Digits out{text};
  out.take_whole();
  out.take_decimals();
  out.take_exponent();
  return out;
}

Json read(double value) {
  if (!std::isfinite(value)) return value;
  char text[32];
  const char* end = std::to_chars(text, text + sizeof text, value).ptr;
  const Digits digits = digits_of({text, static_cast<std::size_t>(end - text)});
  return digits.too_big ? value : digits.value();
}

/// Between 1e-15 and 1e16 ten decimals, else ten digits. A half is rounded up where the last digit
/// is odd or there is none.
Json written(double value) {
  if (!std::isfinite(value)) return nullptr;
  const double size = std::abs(value);
  char text[48];
  if (!(size <= 1e16 - 1) || (size != 0 && size < 1e-15)) {
    std::snprintf(text, sizeof text, "%.*g", kDecimalsWritten, value);
    return std::strtod(text, nullptr);
  }
  const std::uint64_t scale = power_of_ten(kDecimalsWritten);
  auto whole = static_cast<std::uint64_t>(size);
  const double scaled = (size - static_cast<double>(whole)) * static_cast<double>(scale);
  auto decimals = static_cast<std::uint64_t>(scaled);
  const double left = scaled - static_cast<double>(decimals);
  if (left > 0.5 || (left == 0.5 && (decimals == 0 || decimals % 2 == 1))) ++decimals;
  if (decimals >= scale) decimals = 0, ++whole;
  std::snprintf(text, sizeof text, "%s%llu.%010llu", value < 0 ? "-" : "",
                static_cast<unsigned long long>(whole), static_cast<unsigned long long>(decimals));
  return std::strtod(text, nullptr);
}

template <Json (*change)(double)>
void change_fractions(Json& value) {
  if (value.is_structured())
    for (Json& inside : value) change_fractions<change>(inside);
  else if (value.is_number_float())
    value = change(value.get<double>());
}

std::optional<Json> read_number(std::string_view text) {
  const Digits digits = digits_of(text);
  if (!digits.rest.empty() || digits.too_big) return std::nullopt;
  if (digits.fraction) return Json(digits.value());
  if (digits.negative) return Json(static_cast<std::int64_t>(0 - digits.whole));
  return Json(digits.whole);
}

std::optional<Json> read_word(std::string_view text) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (text == "true" || text == "false") return Json(text == "true");
  if (text == "null" || text == "NaN") return Json(nullptr);
  if (text == "Infinity" || text == "-Infinity") return text[0] == '-' ? -kInfinity : kInfinity;
  return std::nullopt;
}

}  // namespace

void write_by_pandas(Json& value) {
  read_by_pandas(value);
  change_fractions<written>(value);
}

void read_by_pandas(Json& value) { change_fractions<read>(value); }

std::optional<Json> read_text_by_pandas(const std::string& text) {
  static constexpr const char* kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string::npos) return std::nullopt;
  const std::string bare = text.substr(first, text.find_last_not_of(kBlanks) + 1 - first);
  if (auto word = read_word(bare)) return word;
  if (bare[0] == '-' || is_digit(bare[0])) return read_number(bare);
  if (bare[0] != '"' && bare[0] != '[' && bare[0] != '{') return std::nullopt;
  try {
    Json value = parse_json(bare, "a cell");
    read_by_pandas(value);
    return value;
  } catch (const UserError&) {
    return std::nullopt;
  }
}

}  // namespace flm
