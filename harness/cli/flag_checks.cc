#include "harness/cli/flag_checks.h"

#include <cmath>

#include "base/documents/json.h"

namespace flm {

namespace {

CLI::Validator number_that(bool (*fits)(double), const std::string& which) {
  return CLI::Validator(
      [fits, which](std::string& text) {
        double value = 0;
        const bool number = CLI::detail::lexical_cast(text, value) && std::isfinite(value);
        return number && fits(value) ? std::string() : "wants a number " + which + ": " + text;
      },
      which);
}

}  // namespace

CLI::Validator above_zero() {
  return number_that([](double value) { return value > 0; }, "above 0");
}

CLI::Validator zero_or_more() {
  return number_that([](double value) { return value >= 0; }, "of at least 0");
}

CLI::Validator from_0_to_1() {
  return number_that([](double value) { return value >= 0 && value <= 1; }, "from 0 to 1");
}

std::string share_of(std::string text) {
  if (text.empty() || text.back() != '%') return text;
  double percent = 0;
  const std::string number = text.substr(0, text.size() - 1);
  return CLI::detail::lexical_cast(number, percent) ? python_float_repr(percent / 100) : text;
}

}  // namespace flm
