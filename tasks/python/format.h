// `%` and str.format() of Python, and what they share: one value laid out in a field.
#pragma once

#include <string>
#include <string_view>

#include "tasks/python/value.h"

namespace flm {

inline bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }

/// template % values, and template.format(...).
std::string python_percent_format(std::string_view format, const PyValue& values);
std::string python_brace_format(std::string_view format, const PyArguments& arguments);

constexpr int kMaxFormatWidth = 100'000;

/// How one value is laid out.
struct PyFormat {
  std::string fill = " ";
  char align = '\0';  // < > ^ =
  char sign = '-';    // + - or blank
  bool alternate = false;
  int width = 0, precision = -1;
  char type = '\0';
};

/// A whole number at text[at], 0 without one; moves `at` behind it. ValueError beyond the limit.
int python_read_number(std::string_view text, std::size_t& at);

/// Digits and sign, before they are padded.
std::string python_integer_digits(PyInt value, const PyFormat& spec);
std::string python_real_digits(double value, const PyFormat& spec);

/// `body` filled up to the width; `fallback_align` where the field names no side.
std::string python_padded(std::string body, const PyFormat& spec, char fallback_align);

}  // namespace flm
