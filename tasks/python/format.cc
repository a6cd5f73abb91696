#include "tasks/python/format.h"

#include <cmath>
#include <cstdio>

#include "base/documents/json.h"
#include "base/text/utf8.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

using std::string_view;

std::string with_sign(std::string digits, bool negative, char sign) {
  if (negative) return "-" + digits;
  return sign == '+' ? "+" + digits : sign == ' ' ? " " + digits : digits;
}

std::string with_commas(const std::string& digits) {
  const size_t whole = std::min(digits.find_first_not_of("0123456789"), digits.size());
  std::string out = digits.substr(whole);
  for (size_t i = 0; i < whole; ++i) {
    if (i > 0 && i % 3 == 0) out.insert(out.begin(), ',');
    out.insert(out.begin(), digits[whole - 1 - i]);
  }
  return out;
}

}  // namespace

int python_read_number(string_view text, size_t& at) {
  int value = 0;
  for (; at < text.size() && is_ascii_digit(text[at]); ++at) {
    value = value * 10 + (text[at] - '0');
    if (value > kMaxFormatWidth) raise("ValueError", "a width or precision beyond 100,000");
  }
  return value;
}

std::string python_padded(std::string body, const PyFormat& spec, char fallback_align) {
  const int missing = spec.width - static_cast<int>(utf8_length(body));
  if (missing <= 0) return body;
  const char align = spec.align ? spec.align : fallback_align;
  const auto fill = [&](int n) {
    std::string out;
    for (int i = 0; i < n; ++i) out += spec.fill;
    return out;
  };
  if (align == '<') return body + fill(missing);
  if (align == '^') return fill(missing / 2) + body + fill(missing - missing / 2);
  size_t head = 0;  // '=': padding goes between the sign (and 0x) and the digits
  if (align == '=') {
    head = !body.empty() && (body[0] == '-' || body[0] == '+' || body[0] == ' ') ? 1 : 0;
    if (body.size() > head + 1 && body[head] == '0' &&
        string_view("xXob").find(body[head + 1]) != string_view::npos)
      head += 2;
  }
  return body.substr(0, head) + fill(missing) + body.substr(head);
}

std::string python_integer_digits(PyInt value, const PyFormat& spec) {
  const int base = spec.type == 'x' || spec.type == 'X' ? 16
                   : spec.type == 'o'                   ? 8
                   : spec.type == 'b'                   ? 2
                                                        : 10;
  std::string digits;
  unsigned __int128 rest =
      value < 0 ? -static_cast<unsigned __int128>(value) : static_cast<unsigned __int128>(value);
  const char* letters = spec.type == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
  do {
    digits.insert(digits.begin(), letters[static_cast<int>(rest % static_cast<unsigned>(base))]);
    rest /= static_cast<unsigned>(base);
  } while (rest > 0);
  if (spec.precision > static_cast<int>(digits.size())) {
    digits.insert(0, static_cast<size_t>(spec.precision) - digits.size(), '0');
  }
  if (spec.comma) digits = with_commas(digits);
  if (spec.alternate && base != 10)
    digits = std::string("0") + (base == 8 ? 'o' : base == 2 ? 'b' : spec.type) + digits;
  return with_sign(digits, value < 0, spec.sign);
}

std::string python_real_digits(double value, const PyFormat& spec) {
  const bool negative = std::signbit(value) && !std::isnan(value);
  const bool upper = spec.type == 'E' || spec.type == 'F' || spec.type == 'G';
  if (!std::isfinite(value)) {
    std::string word = std::isnan(value) ? "nan" : "inf";
    if (upper) word = python_upper(word);
    return with_sign(word + (spec.type == '%' ? "%" : ""), negative, spec.sign);
  }
  std::string digits;
  if (spec.type == '\0' && spec.precision < 0) {
    digits = python_float_repr(std::fabs(value));
  } else {
    const char kind = spec.type == '%'                        ? 'f'
                      : spec.type == '\0' || spec.type == 'n' ? 'g'
                                                              : spec.type;
    const char format[] = {'%', '.', '*', kind, '\0'};
    const char alternate[] = {'%', '#', '.', '*', kind, '\0'};
    const double shown = std::fabs(spec.type == '%' ? value * 100 : value);
    const int precision = spec.precision < 0 ? 6 : spec.precision;
    const char* chosen = spec.alternate ? alternate : format;
    const int n = std::snprintf(nullptr, 0, chosen, precision, shown);
    digits.resize(static_cast<size_t>(n) + 1);
    std::snprintf(digits.data(), digits.size(), chosen, precision, shown);
    digits.pop_back();
    if (spec.type == '%') digits += '%';
    if (spec.type == '\0' && digits.find_first_of(".e") == std::string::npos) digits += ".0";
  }
  if (spec.comma) digits = with_commas(digits);
  return with_sign(digits, negative, spec.sign);
}

}  // namespace flm
