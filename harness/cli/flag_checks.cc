#include "harness/cli/flag_checks.h"

#include "base/json.h"

namespace flm {

CLI::Validator above_zero() {
  return CLI::Validator(
      [](std::string& text) {
        double value = 0;
        const bool number = CLI::detail::lexical_cast(text, value);
        return number && value > 0 ? std::string() : "wants a number above 0: " + text;
      },
      "above 0");
}

CLI::Validator from_0_to_1() {
  return CLI::Validator(
      [](std::string& text) {
        double value = 0;
        const bool number = CLI::detail::lexical_cast(text, value);
        return number && value >= 0 && value <= 1 ? std::string()
                                                  : "wants a number from 0 to 1: " + text;
      },
      "0 to 1");
}

std::string share_of(std::string text) {
  if (text.empty() || text.back() != '%') return text;
  double percent = 0;
  const std::string number = text.substr(0, text.size() - 1);
  return CLI::detail::lexical_cast(number, percent) ? python_float_repr(percent / 100) : text;
}

}  // namespace flm
