#include "tasks/native/whole_numbers.h"

#include "base/text/utf8.h"
#include "tasks/python/regex.h"
#include "tasks/python/text.h"

namespace flm {

std::optional<std::string> whole_number_text(std::string_view text) {
  constexpr std::size_t kMostDigits = 4300;  // sys.get_int_max_str_digits()
  static const PythonRegex number = PythonRegex::compile(R"(([+-]?)(\d+(?:_\d+)*))");
  const auto found = number.fullmatch(python_strip(text));
  if (!found) return std::nullopt;
  std::string digits;
  for (const char32_t c : utf8_decode(python_replace(*found->groups[2], "_", "")))
    digits += static_cast<char>('0' + python_decimal_value(c));
  if (digits.size() > kMostDigits) return std::nullopt;
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  return (found->groups[1] == "-" && digits != "0" ? "-" : "") + digits;
}

}  // namespace flm
