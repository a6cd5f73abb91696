#include "tasks/python/format.h"

#include <algorithm>
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

std::string printed(char kind, const PyFormat& spec, int precision, double value) {
  const std::string format = std::string(spec.alternate ? "%#.*" : "%.*") + kind;
  const int n = std::snprintf(nullptr, 0, format.c_str(), precision, value);
  std::string digits(static_cast<size_t>(n) + 1, '\0');
  std::snprintf(digits.data(), digits.size(), format.c_str(), precision, value);
  digits.pop_back();
  // glibc's %#g loses a zero where rounding carries into the exponent: 99.95 to 2 digits.
  const size_t exponent = digits.find_first_of("eE");
  if ((kind == 'g' || kind == 'G') && spec.alternate && exponent != std::string::npos)
    digits.insert(exponent, static_cast<size_t>(std::max(precision, 1)) - (exponent - 1), '0');
  return digits;
}

/// A float without a type: repr, or with a precision %g that keeps a digit behind the point, so
/// that the exponent comes one place earlier.
std::string general(double value, const PyFormat& spec) {
  if (spec.precision < 0) {
    std::string digits = python_float_repr(value);
    if (spec.alternate && digits.find('.') == std::string::npos)
      digits.insert(digits.find('e'), ".");
    return digits;
  }
  const int precision = std::max(spec.precision, 1);
  std::string scientific = printed('e', spec, precision - 1, value);
  const size_t exponent = scientific.find('e');
  if (std::stoi(scientific.substr(exponent + 1)) == precision - 1) {
    if (spec.alternate || scientific.find('.') == std::string::npos) return scientific;
    size_t last = scientific.find_last_not_of('0', exponent - 1);
    if (scientific[last] == '.') --last;
    return scientific.substr(0, last + 1) + scientific.substr(exponent);
  }
  std::string digits = printed('g', spec, precision, value);
  if (digits.find_first_of(".e") == std::string::npos) digits += ".0";
  return digits;
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
  if (spec.type == '\0') return with_sign(general(std::fabs(value), spec), negative, spec.sign);
  const char kind = spec.type == '%' ? 'f' : spec.type == 'n' ? 'g' : spec.type;
  const double shown = std::fabs(spec.type == '%' ? value * 100 : value);
  std::string digits = printed(kind, spec, spec.precision < 0 ? 6 : spec.precision, shown);
  if (spec.type == '%') digits += '%';
  return with_sign(digits, negative, spec.sign);
}

}  // namespace flm
